#include "strataform/workflow/adapt_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "adapt/tiny_survey.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter_folder.h"
#include "support/recording_listener.h"
#include "support/stop_at.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

class AdaptFiles : public ::testing::Test {
 protected:
  AdaptFiles() {
    adapt::write_survey_files(folder_.path(), survey_);
    options_.model = folder_ / "model.safetensors";
    options_.data = folder_ / "data.npy";
    options_.output = folder_ / "adapter";
    options_.maps = folder_ / "maps.npy";
    options_.truth = folder_ / "truth.npy";
    options_.adapt = adapt::tiny_adaptation(4);
    options_.modelling = [this](std::int64_t /*nz*/, std::int64_t /*nx*/) { return survey_.modelling; };
  }

  void write_gathers() const { adapt::write_gathers(folder_.path(), survey_); }
  [[nodiscard]] std::vector<float> maps() const { return io::NpyReader(options_.maps).read_all(); }
  /// Runs until so many gradients are computed.
  void stop_after(std::int64_t gradients) const {
    const StopSource source;
    EXPECT_THROW(adapt_files(options_, {.stop = source, .listener = std::make_shared<test::StopAt>(source, gradients)}),
                 InterruptedError);
    EXPECT_FALSE(std::filesystem::exists(options_.maps));
  }
  /// What is wrong is found before anything is written.
  template <class Error>
  void expect_refused() const {
    const std::ptrdiff_t before = test::count_entries(folder_.path());
    EXPECT_THROW(adapt_files(options_), Error);
    EXPECT_EQ(test::count_entries(folder_.path()), before);
  }

  test::TemporaryFolder folder_;
  adapt::TinySurvey survey_;
  AdaptFilesOptions options_;
};

TEST_F(AdaptFiles, WritesAnAdapterThatTellsHowItWasMade) {
  const AdaptFilesResult result = adapt_files(options_);
  EXPECT_EQ(result.gradients, 8);
  EXPECT_LT(result.last_misfit, result.first_misfit);
  ASSERT_EQ(result.errors_after.size(), 2U);
  EXPECT_NE(result.errors_after, result.errors_before);
  const peft::AdapterFile adapter = peft::read_adapter_file(options_.output);
  EXPECT_EQ(adapter.options.rank, 2);
  EXPECT_EQ(adapter.provenance.at("kind"), "adapt");
  EXPECT_EQ(adapter.provenance.at("data").at("gathers"), 2);
  EXPECT_EQ(adapter.provenance.at("options").at("gradients"), 4);
  EXPECT_EQ(adapter.provenance.at("modelling").at("scheme").at("absorbing_cells"), 10);
  EXPECT_EQ(io::NpyReader(options_.maps).shape(), (std::vector<std::int64_t>{2, adapt::kNz, adapt::kNx}));
}

TEST_F(AdaptFiles, DoesNotReadTheTruth) {
  (void)adapt_files(options_);
  const std::vector<float> with_truth = maps();
  options_.truth.clear();
  options_.overwrite = Overwrite::kAllow;
  const AdaptFilesResult result = adapt_files(options_);
  EXPECT_EQ(maps(), with_truth);
  EXPECT_TRUE(result.errors_after.empty());
}

TEST_F(AdaptFiles, GoesOnWithASurveyToTheSameBits) {
  (void)adapt_files(options_);
  const std::vector<float> expected = maps();
  std::filesystem::remove(options_.maps);
  std::filesystem::remove_all(options_.output);
  options_.run_dir = folder_ / "other.run";
  stop_after(4);
  options_.resume = true;
  (void)adapt_files(options_);
  EXPECT_EQ(maps(), expected);
}

TEST_F(AdaptFiles, FitsAnAdapterToEachGather) {
  options_.each_gather = true;
  const AdaptFilesResult result = adapt_files(options_);
  EXPECT_EQ(result.gradients, 8);
  EXPECT_LT(result.last_misfit, result.first_misfit);
  const peft::AdapterFile second = peft::read_adapter_file(options_.output / "gather_00001");
  EXPECT_EQ(second.provenance.at("data").at("gathers"), nlohmann::json::array({1}));
  const std::vector<float> both = maps();

  // Each begins anew: the second gather alone gives the same map.
  survey_.source.gathers = {survey_.source.gathers[1]};
  io::write_npy(folder_ / "data.npy", survey_.source.gathers[0], {3, adapt::kSamples, adapt::kNx}, io::DType::kFloat32,
                Overwrite::kAllow);
  options_.truth.clear();
  options_.overwrite = Overwrite::kAllow;
  (void)adapt_files(options_);
  EXPECT_TRUE(std::ranges::equal(maps(), std::span(both).last(static_cast<std::size_t>(adapt::kNz * adapt::kNx))));
}

TEST_F(AdaptFiles, GoesOnWithTheGathersThatAreNotFinished) {
  options_.each_gather = true;
  options_.output.clear();
  (void)adapt_files(options_);
  const std::vector<float> expected = maps();
  std::filesystem::remove(options_.maps);
  options_.run_dir = folder_ / "other.run";
  stop_after(6);
  EXPECT_TRUE(std::filesystem::exists(options_.run_dir / "model_00000.npy"));
  options_.resume = true;
  const AdaptFilesResult result = adapt_files(options_);
  EXPECT_EQ(result.gradients, 4) << "the first gather was finished";
  EXPECT_EQ(maps(), expected);
}

TEST_F(AdaptFiles, BeginsWithAnAdapter) {
  (void)adapt_files(options_);
  options_.adapter = options_.output;
  options_.output = folder_ / "further";
  options_.run_dir = folder_ / "further.run";
  options_.overwrite = Overwrite::kAllow;
  const AdaptFilesResult first = adapt_files(options_);
  EXPECT_EQ(peft::read_adapter_file(options_.output).options.rank, 2);
  options_.adapter.clear();
  options_.output = folder_ / "fresh";
  options_.run_dir = folder_ / "fresh.run";
  EXPECT_LT(first.first_misfit, adapt_files(options_).first_misfit);
}

TEST_F(AdaptFiles, WritesAModelWhereAllWeightsAreTrained) {
  options_.adapt.adapter.method = "full";
  options_.output = folder_ / "full.safetensors";
  options_.adapt.train.learning_rate = 1e-3;
  (void)adapt_files(options_);
  EXPECT_EQ(model::load_model(options_.output).provenance.at("kind"), "adapt");
}

TEST_F(AdaptFiles, RefusesGathersOfAnotherSignUnlessTheUserInsists) {
  for (std::vector<float>& gathers : survey_.source.gathers) {
    for (float& value : gathers) value = -value;
  }
  write_gathers();
  expect_refused<MismatchError>();
  options_.mismatch = data::Mismatch::kAccept;
  const auto listener = std::make_shared<test::RecordingListener>();
  (void)adapt_files(options_, {.stop = {}, .listener = listener});
  EXPECT_TRUE(std::ranges::any_of(
      listener->warnings, [](const std::string& warning) { return warning.find("`estimate`") != std::string::npos; }));
}

TEST_F(AdaptFiles, RefusesGathersOfAnotherSurvey) {
  survey_.modelling.survey.shots.pop_back();
  expect_refused<MismatchError>();
}

TEST_F(AdaptFiles, RefusesGathersThatTheModelDoesNotRead) {
  io::write_npy(folder_ / "data.npy", std::vector<float>(3 * adapt::kSamples * 9, 1.0F), {1, 3, adapt::kSamples, 9},
                io::DType::kFloat32, Overwrite::kAllow);
  expect_refused<MismatchError>();
}

TEST_F(AdaptFiles, RefusesGathersWithoutALiveTrace) {
  std::ranges::fill(survey_.source.gathers[1], 0.0F);
  write_gathers();
  expect_refused<InputError>();
}

TEST_F(AdaptFiles, RefusesGathersThatAreNotFinite) {
  survey_.source.gathers[1][7] = std::numeric_limits<float>::quiet_NaN();
  write_gathers();
  expect_refused<InputError>();
}

TEST_F(AdaptFiles, RefusesATruthOfAnotherShape) {
  io::write_npy(options_.truth, std::vector<float>(2 * 100, 2000.0F), {2, 10, 10}, io::DType::kFloat32,
                Overwrite::kAllow);
  expect_refused<MismatchError>();
}

TEST_F(AdaptFiles, RefusesABudgetOfNothing) {
  options_.adapt.physics.gradients = 0;
  expect_refused<UsageError>();
}

TEST_F(AdaptFiles, RefusesToOverwrite) {
  (void)adapt_files(options_);
  expect_refused<IoError>();
}

}  // namespace
}  // namespace strataform::workflow
