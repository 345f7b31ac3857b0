// A training of a tenth of a second: samples in memory, a network of a few channels.
#pragma once

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "strataform/core/context.h"
#include "strataform/core/random.h"
#include "strataform/data/dataset.h"
#include "strataform/model/model.h"
#include "strataform/model/tensor_file.h"
#include "strataform/nn/backbone.h"
#include "strataform/survey/openfwi.h"
#include "strataform/train/train_options.h"
#include "strataform/train/train_task.h"
#include "strataform/train/trainer.h"

namespace strataform::train {

inline constexpr std::int64_t kGrid = 16;
inline constexpr std::int64_t kShots = 2;

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
inline std::shared_ptr<nn::Backbone> tiny_network() {
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

inline model::Model tiny_model() {
  model::Model model;
  model.backbone = tiny_network();
  model.input.shots = kShots;
  model.input.samples = kGrid;
  model.input.receivers = kGrid;
  model.fingerprint = model::fingerprint_of(*model.backbone);
  return model;
}

inline TrainTask tiny_task(std::int64_t samples = 8, float faster = 0.0F) {
  const model::Model model = tiny_model();
  TrainTask task;
  task.network = model.backbone;
  for (const auto& item : task.network->named_parameters()) task.parameters.emplace_back(item.key(), item.value());
  task.input = model.input;
  task.training = std::make_shared<TwoLayers>(samples, faster);
  return task;
}

inline TrainOptions tiny_options(std::int64_t steps) {
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

}  // namespace strataform::train
