#include "strataform/workflow/forward_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

constexpr std::int64_t kRows = 12;
constexpr std::int64_t kColumns = 16;
constexpr std::int64_t kModelCount = 5;  ///< more than one chunk

class ForwardFiles : public ::testing::Test {
 protected:
  ForwardFiles() {
    for (std::int64_t cell = 0; cell < kModelCount * kRows * kColumns; ++cell) {
      velocity_.push_back(1800.0F + static_cast<float>(cell));
      change_.push_back(static_cast<float>(cell % 7));
    }
    io::write_npy(folder_ / "velocity.npy", velocity_, {kModelCount, kRows, kColumns});
    io::write_npy(folder_ / "change.npy", change_, {kModelCount, kRows, kColumns});
    options_.velocity = folder_ / "velocity.npy";
    options_.output = folder_ / "gathers.npy";
    options_.modelling = survey::openfwi({.nz = kRows, .nx = kColumns, .shots = 2});
    options_.modelling.survey.samples = 60;
  }

  [[nodiscard]] std::vector<float> written() const { return io::NpyReader(options_.output).read_all(); }

  test::TemporaryFolder folder_;
  std::vector<float> velocity_;
  std::vector<float> change_;
  ForwardFilesOptions options_;
};

TEST_F(ForwardFiles, WritesWhatThePropagatorModels) {
  const wave::Propagator propagator(options_.modelling);
  std::vector<float> expected(static_cast<std::size_t>(kModelCount * propagator.gather_size()));
  propagator.forward(velocity_, kModelCount, expected);
  EXPECT_EQ(forward_files(options_).shape, (std::vector<std::int64_t>{kModelCount, 2, 60, kColumns}));
  EXPECT_EQ(written(), expected);
  options_.change = folder_ / "change.npy";
  EXPECT_THROW(forward_files(options_), IoError) << "the output is there already";
  options_.overwrite = Overwrite::kAllow;
  forward_files(options_);
  propagator.born(velocity_, change_, kModelCount, expected);
  EXPECT_EQ(written(), expected);
}

TEST_F(ForwardFiles, LeavesNothingWhereItCannotGoOn) {
  const auto entries = test::count_entries(folder_.path());
  const StopSource stop;
  stop.request_stop();
  EXPECT_THROW(forward_files(options_, {.stop = stop}), InterruptedError);
  io::write_npy(folder_ / "change.npy", change_, {1, kModelCount, kRows, kColumns}, io::DType::kFloat32,
                Overwrite::kAllow);
  options_.change = folder_ / "change.npy";
  EXPECT_THROW(forward_files(options_), MismatchError);
  options_.change.clear();
  options_.modelling.survey.shots.back().receivers.pop_back();
  EXPECT_THROW(forward_files(options_), UsageError) << "gathers of different shapes";
  options_.modelling = survey::openfwi({.nz = kRows, .nx = kColumns + 1});
  EXPECT_THROW(forward_files(options_), MismatchError);
  EXPECT_EQ(test::count_entries(folder_.path()), entries);
}

}  // namespace
}  // namespace strataform::workflow
