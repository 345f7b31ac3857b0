#include "strataform/workflow/refine_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"
#include "support/layer_model.h"
#include "support/stop_at.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

constexpr std::int64_t kNz = 20;
constexpr std::int64_t kNx = 24;

/// Two models with a faster layer, and the model without it to start from.
class RefineFiles : public ::testing::Test {
 protected:
  RefineFiles() {
    for (const float jump : {100.0F, 60.0F}) {
      std::ranges::copy(test::layer_model(kNz, kNx, 0.0F), std::back_inserter(initial_));
      std::ranges::copy(test::layer_model(kNz, kNx, jump), std::back_inserter(truth_));
    }
    io::write_npy(folder_ / "initial.npy", initial_, {2, kNz, kNx});
    io::write_npy(folder_ / "truth.npy", truth_, {2, kNz, kNx});
    survey::Modelling modelling = survey::openfwi({.nz = kNz, .nx = kNx, .shots = 3});
    modelling.survey.samples = 150;
    const wave::Propagator propagator(modelling);
    std::vector<float> gathers(static_cast<std::size_t>(2 * propagator.gather_size()));
    propagator.forward(truth_, 2, gathers);
    io::write_npy(folder_ / "data.npy", gathers, {2, 3, 150, kNx});

    options_.data = folder_ / "data.npy";
    options_.initial = folder_ / "initial.npy";
    options_.truth = folder_ / "truth.npy";
    options_.output = folder_ / "out.npy";
    options_.modelling = std::move(modelling);
    options_.refine.gradients = 4;
    options_.refine.fastest = 3000.0;
  }

  [[nodiscard]] std::vector<float> refined() const { return io::NpyReader(options_.output).read_all(); }
  /// Runs until so many gradients are computed.
  void stop_after(std::int64_t gradients) const {
    const StopSource source;
    EXPECT_THROW(
        refine_files(options_, {.stop = source, .listener = std::make_shared<test::StopAt>(source, gradients)}),
        InterruptedError);
  }

  test::TemporaryFolder folder_;
  std::vector<float> initial_;
  std::vector<float> truth_;
  RefineFilesOptions options_;
};

TEST_F(RefineFiles, ReportsTheErrorOfEveryModel) {
  const RefineFilesResult result = refine_files(options_);
  EXPECT_EQ(result.models, 2);
  ASSERT_EQ(result.errors_before.size(), 2);
  ASSERT_EQ(result.errors_after.size(), 2);
  EXPECT_NEAR(result.errors_before[0], 25.0, 1e-9);  // 5 of 20 rows
  EXPECT_NEAR(result.errors_before[1], 15.0, 1e-9);
  EXPECT_NE(result.errors_after[0], result.errors_before[0]);
  EXPECT_EQ(io::NpyReader(options_.output).shape(), (std::vector<std::int64_t>{2, kNz, kNx}));
  const nlohmann::json record = io::read_json(folder_ / "out.npy.run/model_00001.json");
  EXPECT_LT(record.at("last_misfit").get<double>(), record.at("first_misfit").get<double>());
  EXPECT_EQ(record.at("steps").size(), 4);
  options_.truth.clear();
  options_.overwrite = Overwrite::kAllow;
  EXPECT_TRUE(refine_files(options_).errors_after.empty());
}

TEST_F(RefineFiles, GoesOnFromWhereItWasStopped) {
  refine_files(options_);
  const std::vector<float> whole = refined();
  std::filesystem::remove(options_.output);
  std::filesystem::remove_all(folder_ / "out.npy.run");
  stop_after(6);  // amid the second model
  EXPECT_FALSE(std::filesystem::exists(options_.output));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out.npy.run/model_00000.npy"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.npy.run/model_00001.npy"));
  EXPECT_THROW(refine_files(options_), IoError) << "there is a run already";
  options_.resume = true;
  refine_files(options_);
  EXPECT_EQ(refined(), whole);
}

TEST_F(RefineFiles, RefusesToGoOnWithOtherOptions) {
  stop_after(6);
  options_.resume = true;
  options_.refine.learning_rate = 7.0;
  options_.refine.misfit = "l1";
  try {
    refine_files(options_);
    FAIL() << "expected an error";
  } catch (const MismatchError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("`misfit` was \"l2\", now \"l1\""), std::string::npos) << message;
    EXPECT_NE(message.find("`learning_rate` was 40.0, now 7.0"), std::string::npos) << message;
  }
}

TEST_F(RefineFiles, WhatCannotBeginLeavesNothing) {
  const auto entries = test::count_entries(folder_.path());
  options_.figure_every = -1;
  EXPECT_THROW(refine_files(options_), UsageError);
  options_.figure_every = 10;
  options_.figures = {folder_ / "figures", "jpg"};
  EXPECT_THROW(refine_files(options_), UsageError);
  options_.figures = {};
  options_.modelling = survey::openfwi({.nz = kNz, .nx = kNx, .shots = 4});
  EXPECT_THROW(refine_files(options_), MismatchError);
  options_.modelling = survey::openfwi({.nz = kNz, .nx = kNx, .shots = 3});
  options_.refine.wavefield.memory_bytes = 1000;
  EXPECT_THROW(refine_files(options_), UsageError);
  options_.refine.wavefield.memory_bytes = 0;
  for (float& value : initial_) value *= 1e-3F;
  io::write_npy(options_.initial, initial_, {2, kNz, kNx}, io::DType::kFloat32, Overwrite::kAllow);
  EXPECT_THROW(refine_files(options_), InputError);
  EXPECT_EQ(test::count_entries(folder_.path()), entries);
}

}  // namespace
}  // namespace strataform::workflow
