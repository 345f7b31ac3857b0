#include "strataform/field/line.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "field/trace_bytes.h"
#include "io/error_of.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/data/gather_formats.h"
#include "strataform/field/describe_traces.h"
#include "strataform/field/line_gathers.h"
#include "strataform/survey/live_traces.h"
#include "support/test_support.h"

namespace strataform::field {
namespace {

using strataform::test::error_of;
using strataform::test::says;
using strataform::test::shared_file;
using strataform::test::TemporaryFolder;
using test::TraceBytes;
using test::two_shots;

std::vector<float> gather_of(const Line& line, std::int64_t shot) {
  const survey::Survey& survey = line.survey();
  const std::size_t receivers = survey.shots[static_cast<std::size_t>(shot)].receivers.size();
  std::vector<float> gather(static_cast<std::size_t>(survey.samples) * receivers);
  line.read_shot(shot, gather);
  return gather;
}

class LineTest : public testing::Test {
 protected:
  Line open(const TraceBytes& bytes, const ReadOptions& options = {}) {
    bytes.write(path_);
    return Line(path_, options);
  }
  std::string complaint(const TraceBytes& bytes, const ReadOptions& options = {}) {
    return error_of<InputError>([&] { (void)open(bytes, options); });
  }
  /// A line of single traces of one time sample, their sources and receivers at these places on the map.
  static TraceBytes places(const std::vector<std::array<int, 4>>& all) {
    TraceBytes bytes;
    bytes.file_word(3217, 2, 2000).file_word(3221, 2, 1);
    int record = 0;
    for (const auto& [source_x, source_y, receiver_x, receiver_y] : all) {
      ++record;
      bytes.trace(record, source_x, receiver_x, 1, 2000).word(77, 4, source_y).word(85, 4, receiver_y).sample(record);
    }
    return bytes;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "line.sgy";
};

TEST_F(LineTest, GroupsTracesToShotsAlongTheLine) {
  TraceBytes bytes;
  bytes.file_word(3217, 2, 2000).file_word(3221, 2, 2);
  // Out of order, interleaved, receivers from far to near.
  bytes.trace(2, 100, 70, 2, 2000).samples({1, 2}).trace(1, 0, 60, 2, 2000).samples({3, 4});
  bytes.trace(2, 100, 50, 2, 2000).samples({5, 6}).trace(1, 0, 80, 2, 2000).word(29, 2, 2).samples({0, 0});
  bytes.trace(2, 100, 30, 2, 2000).word(29, 2, 9).samples({7, 8});
  const Line line = open(bytes);
  ASSERT_EQ(line.survey().shots.size(), 2U);
  EXPECT_EQ(line.record(0), 1);
  EXPECT_EQ(line.survey().shots[0].receivers, (std::vector<survey::Point>{{60.0, 0.0}}));
  EXPECT_EQ(line.survey().shots[1].source, (survey::Point{100.0, 0.0}));
  EXPECT_EQ(line.survey().shots[1].receivers, (std::vector<survey::Point>{{50.0, 0.0}, {70.0, 0.0}}));
  EXPECT_EQ(line.traces(1), (std::vector<std::int64_t>{2, 0}));
  EXPECT_EQ(gather_of(line, 1), (std::vector<float>{5, 1, 6, 2}));
  EXPECT_EQ(line.counts(), (TraceCounts{.total = 5, .live = 3, .dead = 1, .auxiliary = 1}));
}

TEST_F(LineTest, PutsDelayedTracesOnOneTime) {
  TraceBytes bytes;
  bytes.file_word(3217, 2, 2000).file_word(3221, 2, 3);
  bytes.trace(1, 0, 10, 3, 2000).word(109, 2, -4).samples({1, 2, 3});
  bytes.trace(1, 0, 20, 3, 2000).word(109, 2, -2).samples({4, 5, 6});
  const Line line = open(bytes);
  EXPECT_NEAR(line.first_time(), -4e-3, 1e-9);
  EXPECT_EQ(gather_of(line, 0), (std::vector<float>{1, 0, 2, 4, 3, 5}));
}

TEST_F(LineTest, IsProjectedWhereItIsCrooked) {
  // Along (3, 4), with one receiver 5 m beside it.
  const Line line = open(places({{0, 0, 300, 400}, {600, 800, 0, 0}, {300, 400, 604, 797}}));
  const Projection& projection = line.projection();
  EXPECT_NEAR(projection.along_x, 0.6, 0.01);
  EXPECT_NEAR(projection.along_y, 0.8, 0.01);
  EXPECT_GT(projection.largest_distance, 2.0);
  EXPECT_LT(projection.largest_distance, 5.0);
  EXPECT_LT(projection.largest_offset_loss, 0.1);
  EXPECT_NEAR(line.survey().shots[0].source.x, 0.0, 1.0);
  EXPECT_NEAR(line.survey().shots[2].source.x, 1000.0, 1.0);
  const Station back = projection.at(line.survey().shots[2].source.x);
  EXPECT_NEAR(back.x, 600.0, 5.0);
  EXPECT_NEAR(back.y, 800.0, 5.0);
}

TEST_F(LineTest, KeepsTheXOfAStraightLine) {
  const Line line = open(places({{-500, 7, 100, 7}, {250, 7, -300, 7}}));
  EXPECT_EQ(line.survey().shots[0].source.x, -500.0);
  EXPECT_EQ(line.survey().shots[1].receivers[0].x, -300.0);
  EXPECT_EQ(line.projection().largest_distance, 0.0);
}

TEST_F(LineTest, NamesTheFirstTraceAndIsLenientIfAsked) {
  TraceBytes bytes = two_shots();
  bytes.bytes()[test::place_of_trace(4) + 71] = 32;
  EXPECT_TRUE(says(complaint(bytes), {"line.sgy: trace 5: coordinate_scalar (bytes 71-72) is 32"}));
  const Line line = open(bytes, {.lenient = true});
  EXPECT_EQ(line.survey().shots[1].receivers.size(), 2U);
  EXPECT_EQ(line.counts().unusable, 1);
  ASSERT_EQ(line.findings().size(), 1U);
  EXPECT_EQ(line.findings()[0].first_trace, 4);

  TraceBytes mixed = two_shots();
  mixed.bytes()[test::place_of_trace(2) + 117] = 1;
  EXPECT_TRUE(says(complaint(mixed), {"trace 3: sample_interval is", "`sample_interval`"}));
  EXPECT_EQ(open(mixed, {.lenient = true}).counts().live, 5);
  EXPECT_EQ(open(mixed, {.sample_interval = 1e-3}).counts().live, 6);

  TraceBytes huge = two_shots();
  huge.bytes()[test::place_of_trace(1) + 80] = 0x7f;
  EXPECT_TRUE(says(complaint(huge), {"trace 2: receiver_x", "`coordinate_factor`"}));

  TraceBytes cut = two_shots();
  cut.bytes().resize(cut.bytes().size() - 5);
  EXPECT_EQ(open(cut, {.lenient = true}).counts().total, 5);
}

TEST_F(LineTest, LeavesOutPositionsAtZeroFarFromTheLine) {
  const TraceBytes bytes = places({{430000, 6000000, 430100, 6000000}, {430200, 6000000, 0, 0}});
  EXPECT_TRUE(says(complaint(bytes), {"trace 2: receiver_x and receiver_y are 0"}));
  EXPECT_EQ(open(bytes, {.lenient = true}).counts().live, 1);
}

TEST_F(LineTest, AsksForPositionsAndTakesThemFromOptionsAndTables) {
  const TraceBytes bytes = places({{0, 0, 0, 0}, {0, 0, 0, 0}});
  EXPECT_TRUE(says(complaint(bytes), {"line.sgy: source_x", "`regular`", "`geometry`"}));
  EXPECT_TRUE(says(complaint(bytes, {.lenient = true}), "`geometry`"));
  const Line regular =
      open(bytes, {.regular = RegularGeometry{.first_source = 5, .shot_spacing = 20, .near_offset = -8}});
  EXPECT_EQ(regular.survey().shots[1].source.x, 25.0);
  EXPECT_EQ(regular.survey().shots[1].receivers[0].x, 17.0);

  write_text_file(folder_ / "places.csv",
                  "# m\nrecord, source_x, receiver_x, receiver_elevation\n1,0,40,3\n2,10,50,4\n");
  const Line table = open(bytes, {.geometry = folder_ / "places.csv"});
  EXPECT_EQ(table.survey().shots[1].receivers[0], (survey::Point{50.0, -4.0}));
  write_text_file(folder_ / "half.csv", "trace,source_x,receiver_x\n1,0,40\n");
  EXPECT_TRUE(says(complaint(bytes, {.geometry = folder_ / "half.csv"}), {"trace 2", "half.csv has no positions"}));
  write_text_file(folder_ / "bad.csv", "trace,source_x\n1,zero\n");
  EXPECT_TRUE(says(complaint(bytes, {.geometry = folder_ / "bad.csv"}), {"bad.csv: line 2: source_x is 'zero'"}));
}

TEST_F(LineTest, NamesTracesThatAreNotFinite) {
  TraceBytes bytes(true, 6);
  bytes.file_word(3217, 2, 2000)
      .file_word(3221, 2, 1)
      .trace(1, 0, 10, 1, 2000)
      .sample(1)
      .trace(1, 0, 20, 1, 2000)
      .sample(1e99);
  const Line line = open(bytes);
  EXPECT_TRUE(says(error_of<InputError>([&] { (void)gather_of(line, 0); }), {"line.sgy: trace 2", "time sample 0"}));
  EXPECT_EQ(gather_of(open(bytes, {.lenient = true}), 0), (std::vector<float>{1, 0}));
}

TEST_F(LineTest, IsASourceOfGathersPaddedWithDeadTraces) {
  TraceBytes bytes;
  bytes.file_word(3217, 2, 2000).file_word(3221, 2, 2);
  bytes.trace(1, 0, 10, 2, 2000).samples({1, 2}).trace(1, 0, 20, 2, 2000).samples({3, 4});
  bytes.trace(2, 50, 60, 2, 2000).samples({5, 6});
  bytes.write(path_);
  const std::array formats{line_format()};
  const auto source = data::open_gathers(path_, formats);
  EXPECT_EQ(source->gather_shape(), (data::GatherShape{.shots = 2, .samples = 2, .receivers = 2}));
  EXPECT_FALSE(source->modelling());
  std::vector<float> gathers(8, -1.0F);
  source->read_gathers(0, gathers);
  EXPECT_EQ(gathers, (std::vector<float>{1, 3, 2, 4, 5, 0, 6, 0}));

  const auto known = line_gathers(std::make_shared<const Line>(path_), survey::Modelling{});
  const survey::LiveRecord live = survey::live_record(known->modelling()->survey, gathers);
  EXPECT_EQ(live.survey, Line(path_).survey());
}

TEST_F(LineTest, IsDescribedHoweverWrongItIs) {
  TraceBytes bytes = two_shots();
  bytes.bytes()[test::place_of_trace(4) + 71] = 32;
  bytes.write(path_);
  const TraceReport report = report_traces(path_);
  EXPECT_EQ(report.shots, 2);
  EXPECT_EQ(report.receiver_spacing, 10.0);
  EXPECT_EQ(report.smallest_offset, 30.0);
  EXPECT_EQ(report.largest_offset, 70.0);
  const std::string text = describe(report);
  EXPECT_TRUE(says(text, {"IEEE floats", "6: 5 live", "2 from 0 to 100 m", "trace 5: coordinate_scalar"}));
}

// 50 GB, nearly all of it a hole: traces of 4 MB whose headers alone are written.
TEST_F(LineTest, OpensAFileMuchLargerThanMemory) {
  constexpr std::int64_t kSamples = 1000000, kTraces = 12500, kBytes = 240 + 4 * kSamples;
  TraceBytes head;
  head.file_word(3217, 2, 2000).file_word(3501, 2, 512).file_word(3269, 4, kSamples);
  head.write(path_);
  {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    for (std::int64_t trace = 0; trace < kTraces; ++trace) {
      TraceBytes one;
      one.trace(static_cast<int>(trace / 100), static_cast<int>(trace / 100) * 50, static_cast<int>(trace % 100) * 10,
                0, 2000);
      file.seekp(3600 + trace * kBytes);
      file.write(one.bytes().data() + 3600, 240);
    }
  }
  std::error_code failure;
  std::filesystem::resize_file(path_, static_cast<std::uintmax_t>(3600 + kTraces * kBytes), failure);
  if (failure) GTEST_SKIP() << "small file system: a sparse file of 50 GB cannot be made here";
  const auto start = std::chrono::steady_clock::now();
  const Line line(path_);
  std::vector<float> trace(static_cast<std::size_t>(kSamples));
  line.file().read_trace(kTraces - 1, trace);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(line.survey().shots.size(), 125U);
  EXPECT_EQ(line.counts().live, kTraces);
  EXPECT_LT(seconds.count(), 10.0);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 500 * 1024) << "KiB";
  RecordProperty("milliseconds", static_cast<int>(seconds.count() * 1e3));
}

TEST(RealLine, HasTheGeometryThatItsHeadersTell) {
  const auto path = shared_file("real/line/marmousi_line.segy");
  STRATAFORM_SKIP_WITHOUT(path);
  const auto start = std::chrono::steady_clock::now();
  const Line line(path);
  ASSERT_EQ(line.survey().shots.size(), 75U);
  EXPECT_EQ(line.survey().shots[0].source, (survey::Point{300.0, 10.0}));
  EXPECT_EQ(line.survey().shots[74].source.x, 9180.0);
  EXPECT_EQ(line.counts().dead, 67);
  for (std::int64_t shot = 0; shot < 75; ++shot) (void)gather_of(line, shot);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 10.0);
}

TEST(RealLine, IsReadFromAFolderOfSeg2Files) {
  const auto path = shared_file("real/seg2/line");
  STRATAFORM_SKIP_WITHOUT(path);
  const Line line(path);
  ASSERT_EQ(line.survey().shots.size(), 9U);
  EXPECT_EQ(line.survey().shots[0].source.x, -2.5);
  EXPECT_EQ(line.survey().shots[8].receivers.size(), 24U);
  EXPECT_EQ(line.survey().sample_interval, 0.25e-3);
}

TEST(RealLine, TakesCoordinatesForLengthsWhereOffsetsSaySo) {
  const auto path = shared_file("real/segy/viking_small.segy");
  STRATAFORM_SKIP_WITHOUT(path);
  const Line line(path);
  EXPECT_EQ(line.survey().shots.size(), 4U);
  EXPECT_EQ(line.survey().samples, 600);
  EXPECT_EQ(line.survey().shots[0].source, (survey::Point{3237.0, 6.0}));
}

}  // namespace
}  // namespace strataform::field
