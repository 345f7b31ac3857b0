// Files of others, read as two independent readers read them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/field/segy_file.h"
#include "strataform/field/trace_file.h"
#include "strataform/io/npy.h"
#include "support/test_support.h"

namespace strataform::field {
namespace {

namespace fs = std::filesystem;

// In the order of peer_traces.py.
constexpr std::array kComparedWords{Word::kRecord,
                                    Word::kChannel,
                                    Word::kTraceCode,
                                    Word::kOffset,
                                    Word::kReceiverElevation,
                                    Word::kSourceElevation,
                                    Word::kSourceDepth,
                                    Word::kElevationScalar,
                                    Word::kCoordinateScalar,
                                    Word::kSourceX,
                                    Word::kSourceY,
                                    Word::kReceiverX,
                                    Word::kReceiverY,
                                    Word::kDelay,
                                    Word::kSampleInterval};

/// The files below the shared folder whose names end so.
std::vector<fs::path> files_below(const fs::path& folder, const std::vector<std::string>& endings) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const bool is_wanted = std::ranges::find(endings, entry.path().extension().string()) != endings.end();
    if (entry.is_regular_file() && is_wanted) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::unique_ptr<TraceFile> open_or_null(const fs::path& path) {
  try {
    return open_trace_file(path);
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find(path.filename().string()), std::string::npos) << error.what();
    return nullptr;
  }
}

void expect_same_samples(const TraceFile& file, const fs::path& theirs_path) {
  const io::NpyReader reader(theirs_path);
  ASSERT_EQ(reader.shape(), (std::vector<std::int64_t>{file.traces(), file.samples()})) << file.name();
  const std::vector<float> theirs = reader.read_all();
  std::vector<float> trace(static_cast<std::size_t>(file.samples()));
  for (std::int64_t index = 0; index < file.traces(); ++index) {
    file.read_trace(index, trace);
    const float* const expected = theirs.data() + index * file.samples();
    for (std::size_t k = 0; k < trace.size(); ++k) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(trace[k]), std::bit_cast<std::uint32_t>(expected[k]))
          << file.name_of(index) << ", time sample " << k << ": " << trace[k] << ", not " << expected[k];
    }
  }
}

void expect_same_words(const SegyFile& file, const fs::path& theirs_path) {
  const std::vector<float> theirs = io::NpyReader(theirs_path).read_all();
  ASSERT_EQ(std::ssize(theirs), file.traces() * std::ssize(kComparedWords)) << file.name();
  for (std::int64_t trace = 0; trace < file.traces(); ++trace) {
    const std::vector<std::byte> header = file.raw_header(trace);
    for (std::size_t k = 0; k < kComparedWords.size(); ++k) {
      ASSERT_EQ(static_cast<float>(file.words().read(header, kComparedWords[k])),
                theirs[static_cast<std::size_t>(trace) * kComparedWords.size() + k])
          << file.name_of(trace) << ": " << file.words().describe(kComparedWords[k]);
    }
  }
}

/// Reads the files of a folder with ours and with a peer; returns how many both read.
class PeerTraces : public testing::Test {
 protected:
  void compare(const std::string& reader, const fs::path& folder, const std::vector<std::string>& endings) {
    std::vector<std::unique_ptr<TraceFile>> files;
    std::string arguments;
    for (const fs::path& path : files_below(folder, endings)) {
      std::unique_ptr<TraceFile> file = open_or_null(path);
      if (!file) continue;
      const bool is_little = file->format().find("little") != std::string::npos;
      arguments += fmt::format(" '{}' {}", path.string(), is_little ? "little" : "big");
      files.push_back(std::move(file));
    }
    const std::string command = fmt::format("'{}' '{}' {} '{}'{}", STRATAFORM_PYTHON, STRATAFORM_PEER_SCRIPT, reader,
                                            output_.path().string(), arguments);
    // All paths are the build's own. NOLINTNEXTLINE(bugprone-command-processor,concurrency-mt-unsafe)
    const int status = WEXITSTATUS(std::system(command.c_str()));
    if (status == 77 || status == 127)
      GTEST_SKIP() << "there is no Python with " << reader << " (scripts/setup.sh --test)";
    ASSERT_EQ(status, 0);
    for (std::size_t k = 0; k < files.size(); ++k) compare_with_output(*files[k], k);
  }

  void compare_with_output(const TraceFile& file, std::size_t number) {
    const fs::path samples = output_ / fmt::format("{}.samples.npy", number);
    if (!fs::exists(samples)) {
      ++refused_;
      return;
    }
    ++compared_;
    expect_same_samples(file, samples);
    const fs::path words = output_ / fmt::format("{}.words.npy", number);
    const auto* const segy = dynamic_cast<const SegyFile*>(&file);
    if (segy != nullptr && fs::exists(words)) expect_same_words(*segy, words);
  }

  test::TemporaryFolder output_;
  int compared_ = 0, refused_ = 0;
};

TEST_F(PeerTraces, AreThoseOfSegyio) {
  const fs::path folder = test::shared_file("real/segy");
  STRATAFORM_SKIP_WITHOUT(folder);
  compare("segyio", folder, {".sgy", ".segy", ".su"});
  if (IsSkipped()) return;
  EXPECT_GE(compared_, 25);
  RecordProperty("compared", compared_);
  RecordProperty("refused", refused_);
}

TEST_F(PeerTraces, AreThoseOfObspy) {
  const fs::path folder = test::shared_file("real/segy");
  STRATAFORM_SKIP_WITHOUT(folder);
  compare("obspy", folder, {".sgy", ".segy", ".su"});
  if (IsSkipped()) return;
  EXPECT_GE(compared_, 7) << "it takes only files whose trace headers tell the number of time samples";
}

TEST_F(PeerTraces, OfSeg2AreThoseOfObspy) {
  const fs::path folder = test::shared_file("real/seg2");
  STRATAFORM_SKIP_WITHOUT(folder);
  compare("obspy", folder, {".dat"});
  if (IsSkipped()) return;
  EXPECT_EQ(compared_, 10);
}

}  // namespace
}  // namespace strataform::field
