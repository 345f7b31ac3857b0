#include "strataform/train/trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/eval/metrics.h"
#include "strataform/io/json.h"
#include "strataform/train/loss.h"
#include "strataform/train/run_log.h"
#include "support/test_support.h"
#include "train/tiny_training.h"

namespace strataform::train {
namespace {

TEST(Train, OverfitsFourSamples) {
  TrainTask task = tiny_task(4);
  task.validation = task.training;
  TrainOptions options = tiny_options(200);
  options.learning_rate = 1e-2;
  options.validation_steps = 1000;
  const TrainResult result = train(task, options);
  ASSERT_TRUE(result.validation.has_value());
  EXPECT_LT(result.loss, 120.0);
  EXPECT_LT(result.validation->mae, 200.0) << "the averaged weights with averaged statistics";
  EXPECT_EQ(result.validation->samples, 4);
  EXPECT_EQ(result.validation->families.size(), 2U);
  EXPECT_EQ(result.samples, 800);
  EXPECT_NEAR(result.waiting_share() * result.seconds, result.waiting_seconds, 1e-6);
  EXPECT_FALSE(task.network->is_training());
}

/// So small that a network's images end at one cell.
class Narrow : public TwoLayers {
 public:
  using TwoLayers::TwoLayers;
  [[nodiscard]] data::GatherShape gather_shape() const override { return {kShots, 8, 4, 1}; }
  [[nodiscard]] std::int64_t nz() const override { return 8; }
  [[nodiscard]] std::int64_t nx() const override { return 4; }
};

TEST(Train, RefusesABatchFromWhichNothingCanBeLearnt) {
  TrainTask task = tiny_task();
  task.training = std::make_shared<Narrow>(4);
  task.input.samples = 8;
  task.input.receivers = 4;
  task.network = nn::make_backbone("compact", {{"shots", kShots},
                                               {"samples", 8},
                                               {"receivers", 4},
                                               {"nz", 8},
                                               {"nx", 4},
                                               {"width", 2},
                                               {"features", 4},
                                               {"mixers", 1}});
  task.parameters.clear();
  for (const auto& item : task.network->named_parameters()) task.parameters.emplace_back(item.key(), item.value());
  TrainOptions options = tiny_options(1);
  options.batch_size = 1;
  try {
    (void)train(task, options);
    ADD_FAILURE() << "expected a UsageError";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("batch_size"), std::string::npos) << error.what();
  }
  options.freeze_batch_norm = true;
  EXPECT_EQ(train(task, options).steps, 1) << "what is frozen learns nothing";
  options.freeze_batch_norm = false;
  options.batch_size = 2;
  EXPECT_EQ(train(task, options).steps, 1);
}

TEST(StructuralSimilarity, IsTheMetricThatModelsAreEvaluatedWith) {
  torch::manual_seed(1);
  const torch::Tensor truth = torch::randn({2, 1, kGrid, 2 * kGrid}).tanh();
  const torch::Tensor prediction = (truth + 0.5 * torch::randn_like(truth)).contiguous();
  const auto map_of = [](const torch::Tensor& maps, std::int64_t map) {
    return std::span(maps[map].const_data_ptr<float>(), static_cast<std::size_t>(maps[map].numel()));
  };
  double expected = 0.0;
  for (const std::int64_t map : {0, 1}) {
    expected += eval::structural_similarity(map_of(prediction, map), map_of(truth, map), kGrid, 2 * kGrid) / 2.0;
  }
  EXPECT_LT(expected, 0.9);
  EXPECT_NEAR(structural_similarity(prediction, truth).item<double>(), expected, 1e-5);
}

TEST(Train, EndsWhenItIsOutOfPatience) {
  TrainTask task = tiny_task(4);
  task.validation = task.training;
  TrainOptions options = tiny_options(100);
  options.learning_rate = 1e-30;  // nothing changes, so that the start remains the best state
  options.freeze_batch_norm = true;
  options.keep_best = true;
  options.patience_steps = 8;
  const TrainResult result = train(task, options);
  EXPECT_EQ(result.steps, 8);
  EXPECT_EQ(result.selected_step, 0);
}

TEST(Train, StopsAtANonFiniteLossAndKeepsTheLastGoodState) {
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(3);
  options.run_folder = folder / "run";
  TrainTask task = tiny_task(8, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(train(task, options), NumericalError);
  for (const auto& [name, tensor] : model::state_of(*task.network)) {
    EXPECT_TRUE(torch::isfinite(tensor).all().item<bool>()) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(checkpoint_file(folder / "run")));
}

TEST(Train, LogsWhatItDid) {
  const test::TemporaryFolder folder;
  TrainTask task = tiny_task();
  task.validation = std::make_shared<TwoLayers>(3);
  TrainOptions options = tiny_options(4);
  options.run_folder = folder / "run";
  options.command = "strataform pretrain";
  train(task, options);
  const nlohmann::json configuration = io::read_json(folder / "run/config.json");
  EXPECT_EQ(configuration["command"], "strataform pretrain");
  EXPECT_EQ(configuration["options"]["batch_size"], 4);
  const std::string log = read_text_file(folder / "run/log.jsonl");
  ASSERT_EQ(std::ranges::count(log, '\n'), 2);
  const nlohmann::json last = nlohmann::json::parse(log.substr(log.find('\n') + 1));
  EXPECT_EQ(last["step"], 4);
  EXPECT_GT(last["loss"].get<double>(), 0.0);
  EXPECT_EQ(last["validation"]["samples"], 3);
}

}  // namespace
}  // namespace strataform::train
