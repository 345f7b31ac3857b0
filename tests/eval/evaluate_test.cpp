#include "strataform/eval/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/invert/predict.h"
#include "strataform/io/npy.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::eval {
namespace {

constexpr std::int64_t kSide = 70;
constexpr std::int64_t kCells = kSide * kSide;

/// Writes data1.npy and model1.npy of count samples: random gathers over maps of one velocity each.
void write_family(const std::filesystem::path& folder, std::int64_t count, float velocity) {
  std::filesystem::create_directories(folder);
  Random random(7);
  std::vector<float> gathers(static_cast<std::size_t>(count * 5 * 1000 * kSide));
  for (float& value : gathers) value = static_cast<float>(random.normal());
  io::write_npy(folder / "data1.npy", gathers, {count, 5, 1000, kSide});
  io::write_npy(folder / "model1.npy", std::vector<float>(static_cast<std::size_t>(count * kCells), velocity),
                {count, 1, kSide, kSide});
}

EvaluateOptions batches_of(std::int64_t batch_size) {
  EvaluateOptions options;
  options.batch_size = batch_size;
  return options;
}

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() : model_(test::small_model()) {
    write_family(folder_ / "flatvel-a", 3, 2000.0F);
    write_family(folder_ / "style-b", 1, 4000.0F);
    dataset_ = data::open_dataset(folder_.path());
  }

  test::TemporaryFolder folder_;
  model::Model model_;
  std::unique_ptr<data::Dataset> dataset_;
};

TEST_F(Evaluate, AgreesWithPredictionsScoredByHand) {
  const Evaluation evaluation = evaluate(model_, *dataset_, batches_of(2));
  ASSERT_EQ(evaluation.families.size(), 2U);
  EXPECT_EQ(evaluation.families[0].family, "flatvel-a");
  EXPECT_EQ(evaluation.families[0].scores.samples, 3);
  EXPECT_EQ(evaluation.families[1].indices, std::vector<std::int64_t>{3});

  double absolute = 0.0;
  double squared = 0.0;
  for (const float value : invert::predict(model_, *dataset_, 0, 3)) {
    absolute += std::abs(value - 2000.0F) / (3.0 * kCells);
    squared += (value - 2000.0F) * (value - 2000.0F) / (3.0 * kCells);
  }
  EXPECT_NEAR(evaluation.families[0].scores.mae_velocity, absolute, 0.01);
  EXPECT_NEAR(evaluation.families[0].scores.rmse_velocity, std::sqrt(squared), 0.01);
  EXPECT_NEAR(evaluation.families[0].scores.mae * 1500.0, evaluation.families[0].scores.mae_velocity, 1e-6);
}

TEST_F(Evaluate, AveragesOverFamiliesAndOverSamples) {
  const Evaluation evaluation = evaluate(model_, *dataset_, batches_of(4));
  const double first = evaluation.families[0].scores.mae;
  const double second = evaluation.families[1].scores.mae;
  EXPECT_NEAR(evaluation.over_families.mae, (first + second) / 2.0, 1e-12);
  EXPECT_NEAR(evaluation.over_samples.mae, (3.0 * first + second) / 4.0, 1e-12);
  EXPECT_EQ(evaluation.over_families.samples, 4);
  EXPECT_EQ(evaluation.over_samples.samples, 4);
}

TEST_F(Evaluate, DoesNotDependOnTheBatchSize) {
  const Evaluation one = evaluate(model_, *dataset_, batches_of(1));
  const Evaluation four = evaluate(model_, *dataset_, batches_of(4));
  EXPECT_NEAR(one.over_samples.mae, four.over_samples.mae, 1e-6);
  EXPECT_NEAR(one.over_samples.ssim, four.over_samples.ssim, 1e-5);
}

TEST_F(Evaluate, StopsWhenInterrupted) {
  const StopSource source;
  source.request_stop();
  EXPECT_THROW((void)evaluate(model_, *dataset_, batches_of(1), {source, nullptr}), InterruptedError);
}

TEST_F(Evaluate, RefusesGathersThatDoNotFit) {
  model_.input.receivers = 69;
  EXPECT_THROW((void)evaluate(model_, *dataset_, batches_of(1)), MismatchError);
}

TEST_F(Evaluate, ReportsEveryFamilyInTheTableAndInJson) {
  const Evaluation evaluation = evaluate(model_, *dataset_, batches_of(4));
  const std::string table = format_table(evaluation);
  const nlohmann::json json = to_json(evaluation);
  for (const char* name : {"flatvel-a", "style-b", "mean over families", "mean over examples"}) {
    EXPECT_NE(table.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(json["families"][1]["family"], "style-b");
  EXPECT_EQ(json["families"][0]["samples"], 3);
  EXPECT_DOUBLE_EQ(json["mean_over_families"]["mae_m_per_s"].get<double>(), evaluation.over_families.mae_velocity);
}

}  // namespace
}  // namespace strataform::eval
