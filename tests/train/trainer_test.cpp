#include "strataform/train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "strataform/core/context.h"
#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/eval/metrics.h"
#include "strataform/io/json.h"
#include "strataform/io/safetensors.h"
#include "strataform/model/model.h"
#include "strataform/model/tensor_file.h"
#include "strataform/train/finetune.h"
#include "strataform/train/loss.h"
#include "strataform/train/prefix_cache.h"
#include "strataform/train/run_log.h"
#include "support/test_support.h"

namespace strataform::train {
namespace {

constexpr std::int64_t kGrid = 16;
constexpr std::int64_t kShots = 2;

/// Samples that exist in memory alone: maps of two layers, and gathers that tell where the interface lies.
class TwoLayers : public data::Dataset {
 public:
  explicit TwoLayers(std::int64_t size, float faster = 0.0F, bool flips = false)
      : size_(size), faster_(faster), flips_(flips) {}

  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] data::GatherShape gather_shape() const override { return {kShots, kGrid, kGrid, 1}; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override {
    if (!flips_) return std::nullopt;
    return survey::openfwi({.nz = kGrid, .nx = kGrid, .shots = kShots});
  }
  [[nodiscard]] std::string name() const override { return "two layers"; }
  [[nodiscard]] std::int64_t nz() const override { return kGrid; }
  [[nodiscard]] std::int64_t nx() const override { return kGrid; }
  [[nodiscard]] const std::string& family(std::int64_t index) const override { return families_[index % 2]; }

  void read_gathers(std::int64_t index, std::span<float> out) const override {
    Random random(7, static_cast<std::uint64_t>(index));
    for (float& value : out) value = static_cast<float>(random.uniform(-20.0, 20.0));
  }
  void read_velocity(std::int64_t index, std::span<float> out) const override {
    const auto interface = static_cast<std::size_t>((3 + 4 * (index % 3)) * kGrid);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (i < interface ? 2000.0F : 3500.0F) + faster_;
  }

 private:
  std::int64_t size_;
  float faster_;  ///< m/s that are added to every velocity
  bool flips_;    ///< the survey is known, so that mirror images are as well
  std::string families_[2] = {"even", "odd"};
};

/// Small enough for one thread: on a busy machine waiting for a second one would cost more than it saves.
std::shared_ptr<nn::Backbone> tiny_network() {
  at::set_num_threads(1);
  return nn::make_backbone("compact",
                           {{"shots", kShots},
                            {"samples", kGrid},
                            {"receivers", kGrid},
                            {"nz", kGrid},
                            {"nx", kGrid},
                            {"width", 6},
                            {"features", 8},
                            {"mixers", 1}},
                           3);
}

model::Model tiny_model() {
  model::Model model;
  model.backbone = tiny_network();
  model.input.shots = kShots;
  model.input.samples = kGrid;
  model.input.receivers = kGrid;
  model.fingerprint = model::fingerprint_of(*model.backbone);
  return model;
}

TrainTask tiny_task(std::int64_t samples = 8, float faster = 0.0F) {
  const model::Model model = tiny_model();
  TrainTask task;
  task.network = model.backbone;
  for (const auto& item : task.network->named_parameters()) task.parameters.emplace_back(item.key(), item.value());
  task.input = model.input;
  task.training = std::make_shared<TwoLayers>(samples, faster);
  return task;
}

TrainOptions tiny_options(std::int64_t steps) {
  TrainOptions options;
  options.steps = steps;
  options.batch_size = 4;
  options.warmup_steps = 3;
  options.learning_rate = 3e-3;
  options.ema_decay = 0.9;
  options.validation_steps = 4;
  options.log_steps = 2;
  return options;
}

/// A context that asks to stop at a step.
class InterruptAt {
 public:
  explicit InterruptAt(std::int64_t step) : step_(step) {}
  void operator()(const StepReport& report) const {
    if (report.step == step_) source_.request_stop();
  }
  [[nodiscard]] Context context() const { return {source_, nullptr}; }

 private:
  std::int64_t step_;
  StopSource source_;
};

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

TEST(Train, ResumesBitForBit) {
  const test::TemporaryFolder folder;
  TrainTask whole = tiny_task();
  TrainOptions options = tiny_options(10);
  options.run_folder = folder / "whole";
  train(whole, options);

  TrainTask split = tiny_task();
  options.run_folder = folder / "split";
  const InterruptAt interrupt(6);
  EXPECT_THROW(train(split, options, std::ref(interrupt), interrupt.context()), InterruptedError);
  split = tiny_task();
  options.resume = true;
  const TrainResult result = train(split, options);

  EXPECT_EQ(result.steps, 10);
  const model::TensorMap expected = model::state_of(*whole.network);
  const model::TensorMap found = model::state_of(*split.network);
  ASSERT_EQ(expected.size(), found.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(torch::equal(tensor, found.at(name))) << name;
  const io::SafetensorsFile first(checkpoint_file(folder / "whole"));
  const io::SafetensorsFile second(checkpoint_file(folder / "split"));
  ASSERT_EQ(first.tensors().size(), second.tensors().size());
  for (const io::TensorInfo& tensor : first.tensors()) {
    const io::TensorInfo* other = second.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(tensor.data, other->data)) << tensor.name;
  }
}

/// Asks a source to stop when so many of its maps have been read.
class StopsAfterReads : public TwoLayers {
 public:
  StopsAfterReads(std::int64_t size, int reads, StopSource source)
      : TwoLayers(size), reads_left_(reads), source_(std::move(source)) {}

  void read_velocity(std::int64_t index, std::span<float> out) const override {
    if (--reads_left_ < 0) source_.request_stop();
    TwoLayers::read_velocity(index, out);
  }

 private:
  mutable std::atomic<int> reads_left_;
  StopSource source_;
};

TEST(Train, MakesUpForAnInterruptedValidation) {
  constexpr std::int64_t kValidation = 40;  // ten batches
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(10);
  options.keep_best = true;
  std::map<std::int64_t, double> errors, made_up;
  const auto into = [](std::map<std::int64_t, double>& found) {
    return [&found](const StepReport& report) {
      if (report.validation) found[report.step] = report.validation->mae;
    };
  };
  TrainTask whole = tiny_task();
  whole.validation = std::make_shared<TwoLayers>(kValidation);
  options.run_folder = folder / "whole";
  const TrainResult expected = train(whole, options, into(errors));

  // Within the second validation, that of step 4.
  const StopSource source;
  TrainTask split = tiny_task();
  split.validation = std::make_shared<StopsAfterReads>(kValidation, kValidation, source);
  options.run_folder = folder / "split";
  EXPECT_THROW(train(split, options, into(made_up), {source, nullptr}), InterruptedError);
  EXPECT_FALSE(made_up.contains(4));
  split = tiny_task();
  split.validation = whole.validation;
  options.resume = true;
  const TrainResult result = train(split, options, into(made_up));
  EXPECT_EQ(made_up, errors);
  EXPECT_EQ(result.selected_step, expected.selected_step);
  const model::TensorMap weights = model::state_of(*split.network);
  for (const auto& [name, tensor] : model::state_of(*whole.network)) {
    EXPECT_TRUE(torch::equal(tensor, weights.at(name))) << name;
  }
}

TEST(Train, RefusesToResumeWithOtherOptions) {
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(2);
  options.run_folder = folder / "run";
  train(tiny_task(), options);
  options.resume = true;
  options.learning_rate = 1e-2;
  options.log_steps = 5;
  try {
    train(tiny_task(), options);
    FAIL() << "no error";
  } catch (const MismatchError& error) {
    EXPECT_NE(std::string(error.what()).find("`learning_rate` was 0.003, now 0.01"), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find("log_steps"), std::string::npos) << error.what();
  }
  write_text_file(checkpoint_file(folder / "run"), "not a checkpoint", Overwrite::kAllow);
  EXPECT_THROW(train(tiny_task(), options), InputError);
}

TEST(Train, ResumesWhereOptionsOfOtherMethodsWereRecorded) {
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(2);
  options.run_folder = folder / "run";
  TrainTask task = tiny_task();
  task.identity = {{"rank", 2}, {"rank_stabilised", false}, {"bands", 4}};
  train(task, options);
  options.resume = true;
  task = tiny_task();
  task.identity = {{"rank", 2}, {"rank_stabilised", false}};
  EXPECT_NO_THROW(train(task, options));
  task.identity["rank_stabilised"] = true;
  EXPECT_THROW(train(task, options), MismatchError);
}

TEST(Train, RefusesAnExistingRunUnlessForced) {
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(2);
  options.run_folder = folder / "run";
  train(tiny_task(), options);
  EXPECT_THROW(train(tiny_task(), options), IoError);
  options.overwrite = Overwrite::kAllow;
  EXPECT_NO_THROW(train(tiny_task(), options));
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
