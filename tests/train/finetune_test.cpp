#include "strataform/train/finetune.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "train/tiny_training.h"

namespace strataform::train {
namespace {

TEST(Finetune, LeavesTheBaseUntouchedAndKeepsTheBest) {
  // A little trained: of the few channels of a fresh network all may be dead, and an adapter cannot revive them.
  TrainTask task = tiny_task();
  train(task, tiny_options(20));
  model::Model model = tiny_model();
  model.backbone = task.network;
  model.fingerprint = model::fingerprint_of(*model.backbone);
  const torch::Tensor x = torch::rand({2, kShots, kGrid, kGrid}) * 2.0 - 1.0;
  const torch::Tensor before = model.backbone->forward(x);
  FinetuneOptions options;
  options.train = finetune_defaults();
  options.train.steps = 60;
  options.train.validation_steps = 10;
  options.train.batch_size = 4;
  options.train.learning_rate = 5e-3;
  options.train.ema_decay = 0.9;
  options.adapter.rank = 2;
  options.adapter.target = ".*";
  std::int64_t announced = 0;
  options.announce = [&](const peft::TrainableReport& report) { announced = report.trainable; };
  std::vector<double> maes;
  const auto samples = std::make_shared<TwoLayers>(4, 400.0F);
  const auto watch = [&](const StepReport& report) {
    if (report.validation) maes.push_back(report.validation->mae);
  };
  FinetuneResult result = finetune(model, samples, samples, options, watch);
  EXPECT_GT(announced, 0);
  EXPECT_EQ(result.trainable.trainable, announced);
  ASSERT_TRUE(result.training.validation.has_value());
  EXPECT_LT(result.training.validation->mae, maes.front()) << "it learned";
  EXPECT_DOUBLE_EQ(result.training.validation->mae, *std::ranges::min_element(maes));
  EXPECT_FALSE(torch::equal(model.backbone->forward(x), before));
  EXPECT_EQ(model::fingerprint_of(*model.backbone), model.fingerprint);
  result.adapter.reset();
  EXPECT_TRUE(torch::equal(model.backbone->forward(x), before));
}

TEST(Finetune, InFullChangesTheModelButNotItsFrozenStatistics) {
  const model::Model model = tiny_model();
  FinetuneOptions options;
  options.adapter.method = "full";
  options.train = tiny_options(3);
  options.train.freeze_batch_norm = true;
  const FinetuneResult result = finetune(model, std::make_shared<TwoLayers>(4), nullptr, options);
  EXPECT_DOUBLE_EQ(result.trainable.share(), 1.0);
  EXPECT_NE(model::fingerprint_of(*model.backbone), model.fingerprint);
  for (const auto& item : model.backbone->named_buffers()) {
    if (!item.key().ends_with("running_mean")) continue;
    EXPECT_EQ(item.value().abs().max().item<float>(), 0.0F) << item.key();
  }
}

}  // namespace
}  // namespace strataform::train
