#include "strataform/field/trace_file.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "field/trace_bytes.h"
#include "io/error_of.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/field/trace_formats.h"
#include "support/test_support.h"

namespace strataform::field {
namespace {

using strataform::test::error_of;
using strataform::test::says;
using strataform::test::TemporaryFolder;
using test::TraceBytes;
using test::two_shots;

std::vector<float> trace_of(const TraceFile& file, std::int64_t trace) {
  std::vector<float> values(static_cast<std::size_t>(file.samples()));
  file.read_trace(trace, values);
  return values;
}

class TraceFileTest : public testing::Test {
 protected:
  std::unique_ptr<TraceFile> open(const TraceBytes& bytes, const ReadOptions& options = {}) {
    bytes.write(path_);
    return open_trace_file(path_, options);
  }
  /// The one line that opening the file, or reading its first header, ends with.
  std::string complaint(const TraceBytes& bytes, const ReadOptions& options = {}) {
    return error_of<InputError>([&] { (void)open(bytes, options)->header(0); });
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "line.sgy";
};

TEST_F(TraceFileTest, ReadsAllFormatsInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    for (const int format : {1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16}) {
      TraceBytes bytes(big_endian, format);
      bytes.file_word(3217, 2, 2000).file_word(3221, 2, 3);
      bytes.trace(1, 0, 10, 3, 2000).samples({0, 1, 100}).trace(1, 0, 20, 3, 2000).samples({7, 0, 25});
      const auto file = open(bytes);
      EXPECT_EQ(file->traces(), 2) << format;
      EXPECT_EQ(trace_of(*file, 0), (std::vector<float>{0, 1, 100})) << file->format();
      EXPECT_EQ(trace_of(*file, 1), (std::vector<float>{7, 0, 25})) << file->format();
    }
    for (const int format : {1, 2, 3, 5, 6, 7, 8, 9}) {
      TraceBytes bytes(big_endian, format);
      bytes.file_word(3217, 2, 2000).file_word(3221, 2, 1).trace(1, 0, 10, 1, 2000).sample(-5);
      EXPECT_EQ(trace_of(*open(bytes), 0), std::vector<float>{-5}) << format;
    }
  }
}

TEST_F(TraceFileTest, RoundsWhatFloat32DoesNotHold) {
  TraceBytes bytes(true, 6);
  bytes.file_word(3217, 2, 2000).file_word(3221, 2, 2).trace(1, 0, 10, 2, 2000).samples({0.1, 1e300});
  EXPECT_EQ(trace_of(*open(bytes), 0), (std::vector<float>{0.1F, std::numeric_limits<float>::infinity()}));
}

TEST_F(TraceFileTest, AppliesScalarsDelaysAndUnits) {
  TraceBytes bytes;
  bytes.file_word(3217, 2, 2000).file_word(3221, 2, 1).file_word(3501, 2, 256).file_word(3255, 2, 2);
  bytes.trace(5, 1000, 2500, 1, 2000).word(13, 4, 3).word(29, 2, 2).word(69, 2, -100).word(71, 2, 10);
  bytes.word(41, 4, 250)
      .word(45, 4, 100)
      .word(49, 4, 300)
      .word(77, 4, -7)
      .word(109, 2, -40)
      .word(215, 2, -10)
      .sample(1);
  const TraceHeader header = open(bytes)->header(0);
  constexpr double kFoot = 0.3048;
  EXPECT_EQ(header.record, 5);
  EXPECT_EQ(header.channel, 3);
  EXPECT_EQ(header.kind, TraceKind::kDead);
  EXPECT_NEAR(header.source.x, 10000 * kFoot, 1e-9);
  EXPECT_NEAR(header.source.y, -70 * kFoot, 1e-9);
  EXPECT_NEAR(header.source.z, (3.0 - 1.0) * kFoot, 1e-9);
  EXPECT_NEAR(header.receiver.x, 25000 * kFoot, 1e-9);
  EXPECT_NEAR(header.receiver.z, -2.5 * kFoot, 1e-9);
  EXPECT_NEAR(header.delay, -4e-3, 1e-12);
  EXPECT_EQ(open(bytes, {.coordinate_factor = 1.0})->header(0).source.x, 1000 * kFoot);
  EXPECT_NEAR(open(bytes, {.places = {{"source_x", 81}}})->header(0).source.x, 25000 * kFoot, 1e-9);
}

TEST_F(TraceFileTest, StepsOverExtendedHeaders) {
  TraceBytes bytes;
  bytes.file_word(3217, 2, 2000).file_word(3221, 2, 2).file_word(3501, 2, 512).file_word(3505, 2, 1);
  bytes.file_word(3507, 4, 2).append(std::string(3200, ' '));
  bytes.trace(1, 0, 10, 2, 2000, 2).samples({1, 2}).trace(1, 0, 20, 2, 2000, 2).samples({3, 4});
  EXPECT_EQ(trace_of(*open(bytes), 1), (std::vector<float>{3, 4}));
  bytes.file_word(3507, 4, 2 << 16U);  // as revision 2.1 has it
  EXPECT_EQ(trace_of(*open(bytes), 1), (std::vector<float>{3, 4}));
}

TEST_F(TraceFileTest, HasMoreTracesThanAWordOfTwoBytesHolds) {
  TraceBytes bytes(true, 8);
  bytes.file_word(3217, 2, 2000).file_word(3221, 2, 1);
  for (int trace = 0; trace < 70000; ++trace) bytes.trace(1, 0, trace, 1, 2000).sample(trace % 100);
  const auto file = open(bytes);
  EXPECT_EQ(file->traces(), 70000);
  EXPECT_EQ(file->header(69999).receiver.x, 69999.0);
  EXPECT_EQ(trace_of(*file, 69999), std::vector<float>{99});
}

TEST_F(TraceFileTest, ReadsSuInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    TraceBytes bytes(big_endian, 5);
    bytes.trace(1, 0, 10, 2, 4000).samples({1, -2}).trace(1, 0, 20, 2, 4000).samples({3, 0.5});
    bytes.write_su(folder_ / "line.su");
    const auto file = open_trace_file(folder_ / "line.su");
    EXPECT_EQ(file->traces(), 2);
    EXPECT_EQ(file->sample_interval(), 4e-3);
    EXPECT_EQ(file->header(1).receiver.x, 20.0);
    EXPECT_EQ(trace_of(*file, 1), (std::vector<float>{3, 0.5}));
  }
}

TEST_F(TraceFileTest, NamesFileTraceAndHeaderWord) {
  TraceBytes scalar = two_shots();
  scalar.bytes()[test::place_of_trace(0) + 71] = 32;
  EXPECT_TRUE(
      says(complaint(scalar), {"line.sgy: trace 1: coordinate_scalar (bytes 71-72) is 32", "`coordinate_factor`"}));

  TraceBytes cut = two_shots();
  cut.bytes().resize(cut.bytes().size() - 5);
  EXPECT_TRUE(says(complaint(cut), {"line.sgy: trace 6 is cut off", "247 of 252 bytes"}));
  EXPECT_EQ(open(cut, {.lenient = true})->traces(), 5);

  EXPECT_TRUE(says(complaint(two_shots().file_word(3225, 2, 4)), {"line.sgy", "format code (bytes 3225-3226) is 4"}));
  TraceBytes none = two_shots();
  none.file_word(3221, 2, 0);
  none.bytes().replace(test::place_of_trace(0) + 114, 2, 2, '\0');
  EXPECT_TRUE(says(complaint(none), {"line.sgy", "(bytes 3221-3222) is 0", "`samples`"}));
  EXPECT_TRUE(says(error_of<UsageError>([&] { (void)open(two_shots(), {.places = {{"sourcex", 73}}}); }), "source_x"));
}

TEST_F(TraceFileTest, TellsIntervalsThatDisagree) {
  const auto findings = open(two_shots().file_word(3217, 2, 4000))->findings();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(findings[0].is_error);
  EXPECT_TRUE(
      says(findings[0].text, {"(bytes 117-118) of trace 1 is 2000", "(bytes 3217-3218) is 4000", "`sample_interval`"}));
  const auto decided = open(two_shots().file_word(3217, 2, 4000), {.sample_interval = 1e-3});
  EXPECT_TRUE(decided->findings().empty());
  EXPECT_EQ(decided->sample_interval(), 1e-3);
}

TEST_F(TraceFileTest, TellsATextThatIsBinary) {
  TraceBytes bytes = two_shots();
  for (int k = 0; k < 3200; ++k) bytes.bytes()[static_cast<std::size_t>(k)] = static_cast<char>(k * 37);
  const auto file = open(bytes);
  EXPECT_TRUE(file->text().empty());
  ASSERT_EQ(file->findings().size(), 1U);
  EXPECT_FALSE(file->findings()[0].is_error);
}

TEST_F(TraceFileTest, RefusesWhatHoldsNoTraces) {
  write_text_file(folder_ / "notes.txt", "depth velocity\n");
  EXPECT_TRUE(says(error_of<InputError>([&] { (void)open_trace_file(folder_ / "notes.txt"); }), {"notes.txt", "text"}));
  EXPECT_FALSE(is_trace_file(folder_ / "notes.txt"));
  (void)error_of<IoError>([&] { (void)open_trace_file(folder_ / "gone.sgy"); });
}

TEST_F(TraceFileTest, JoinsTheFilesOfAFolderByNumber) {
  std::filesystem::create_directory(folder_ / "line");
  for (const int number : {2, 10}) {
    TraceBytes bytes;
    bytes.file_word(3217, 2, 2000).file_word(3221, 2, 1).trace(number, 0, 10, 1, 2000).sample(number);
    bytes.write(folder_ / ("line/" + std::to_string(number) + ".sgy"));
  }
  const auto file = open_trace_file(folder_ / "line");
  EXPECT_EQ(file->traces(), 2);
  EXPECT_EQ(trace_of(*file, 0), std::vector<float>{2});
  EXPECT_TRUE(says(file->name_of(1), "10.sgy: trace 1"));
}

}  // namespace
}  // namespace strataform::field
