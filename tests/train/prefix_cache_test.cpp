#include "strataform/train/prefix_cache.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "strataform/core/error.h"
#include "strataform/data/batch_loader.h"
#include "support/test_support.h"
#include "train/tiny_training.h"

namespace strataform::train {
namespace {

/// Mirror images come about, and everything before the last two stages is frozen.
TrainOptions frozen_options(std::int64_t steps) {
  TrainOptions options = tiny_options(steps);
  options.freeze_batch_norm = true;
  options.prefix_cache_bytes = 1 << 20;
  return options;
}

TrainTask frozen_task() {
  TrainTask task = tiny_task();
  task.training = std::make_shared<TwoLayers>(8, 0.0F, /*flips=*/true);
  std::erase_if(task.parameters, [&](const auto& named) {
    return task.network->stage_of(named.first) + 2 < task.network->stage_count();
  });
  for (const torch::Tensor& parameter : task.network->parameters()) parameter.set_requires_grad(false);
  for (const auto& [name, parameter] : task.parameters) parameter.set_requires_grad(true);
  return task;
}

TEST(PrefixCache, HoldsWhatTheFrozenStagesCompute) {
  const TrainTask task = frozen_task();
  const TrainOptions options = frozen_options(8);
  nn::set_training(*task.network, nn::BatchNormStatistics::kFrozen);
  const auto cache = PrefixCache::make(task, options);
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(cache->stage(), task.network->stage_count() - 2);
  data::BatchLoader loader(task.training, task.input, {.batch_size = 16, .seed = options.seed});
  data::Batch batch = loader.batch(0);
  EXPECT_GT(std::ranges::count(batch.flipped, true), 2);
  const torch::NoGradGuard no_grad;
  const torch::Tensor gathers =
      torch::from_blob(batch.gathers.data(), {batch.count, kShots, kGrid, kGrid}, torch::kFloat32);
  const torch::Tensor found =
      task.network->run_stages(cache->of(batch), cache->stage(), task.network->stage_count()).front();
  EXPECT_TRUE(torch::allclose(found, task.network->forward(gathers), 1e-5, 1e-6));
}

TEST(PrefixCache, KeepsToItsBudgetAndToRunsThatGain) {
  const TrainTask task = frozen_task();
  nn::set_training(*task.network, nn::BatchNormStatistics::kFrozen);
  const auto stage_for = [&](std::int64_t bytes, std::int64_t steps) -> std::size_t {
    TrainOptions options = frozen_options(steps);
    options.prefix_cache_bytes = bytes;
    const auto cache = PrefixCache::make(task, options);
    return cache == nullptr ? 0 : cache->stage();
  };
  EXPECT_EQ(stage_for(1 << 20, 4), 6U) << "16 draws of 8 samples and their mirror images";
  EXPECT_EQ(stage_for(1 << 20, 3), 0U);
  EXPECT_EQ(stage_for(0, 4), 0U);
  EXPECT_EQ(stage_for(16 * 100, 4), 0U);
  // In front of the mixer: 2 x 2 places of 8 features, and 2 x 4 places of 12 channels for the skip connection.
  EXPECT_EQ(stage_for(16 * 4 * (2 * 2 * 8 + 2 * 4 * 12), 4), 3U);
  const TrainTask all = tiny_task();
  EXPECT_EQ(PrefixCache::make(all, frozen_options(8)), nullptr) << "the first stage is trained";
}

TEST(PrefixCache, LeavesTheResultAloneAndResumes) {
  const test::TemporaryFolder folder;
  TrainOptions options = frozen_options(10);
  const double cached = train(frozen_task(), options).loss;
  options.prefix_cache_bytes = 0;
  EXPECT_NEAR(train(frozen_task(), options).loss, cached, 1e-3);

  options = frozen_options(10);
  options.run_folder = folder / "run";
  const InterruptAt interrupt(6);
  EXPECT_THROW(train(frozen_task(), options, std::ref(interrupt), interrupt.context()), InterruptedError);
  options.resume = true;
  EXPECT_DOUBLE_EQ(train(frozen_task(), options).loss, cached);
}

}  // namespace
}  // namespace strataform::train
