#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>

#include "strataform/core/context.h"
#include "strataform/nn/normalised_layer.h"
#include "strataform/train/batch_feed.h"
#include "strataform/train/optimizer.h"
#include "strataform/train/prefix_cache.h"
#include "strataform/train/train_task.h"

namespace strataform::train {

/// Why a step cannot be taken: "the loss is nan".
class Divergence : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The steps of a training: from a batch to the loss, its gradients, the optimiser's step and the moving average of
/// what it changes.
class Stepper {
 public:
  /// Puts the network into training mode, its frozen BatchNorms folded. task and options must outlive it. Throws
  /// InterruptedError while the frozen part is computed, see PrefixCache.
  Stepper(const TrainTask& task, const TrainOptions& options, const Context& context);

  /// Whether step() needs the batch's gathers: not where the frozen part was computed before.
  [[nodiscard]] bool reads_gathers() const { return prefix_ == nullptr; }
  /// The step that follows `finished` ones; of a resumed run, set_steps() comes first. Returns the mean absolute error
  /// of the batch before it, in normalised velocity. Throws Divergence where loss or gradients are not finite: weights
  /// and statistics are then those that they were.
  double step(const TensorBatch& batch, std::int64_t finished, double learning_rate);
  void set_steps(std::int64_t finished) { optimizer_->set_steps(finished); }

  /// What steps change: parameters, and the statistics of BatchNorm where they are not frozen.
  [[nodiscard]] const NamedTensors& trained() const { return trained_; }
  /// Of trained().
  [[nodiscard]] MovingAverage& average() { return average_; }
  /// All that further steps depend on, sharing its memory.
  [[nodiscard]] NamedTensors state() const;

 private:
  double compute_gradients(const TensorBatch& batch, std::int64_t finished);
  [[nodiscard]] torch::Tensor predict(const TensorBatch& batch) const;
  [[noreturn]] void fail(const char* what, double value);

  const TrainTask& task_;
  const TrainOptions& options_;
  torch::Device device_;
  NamedTensors buffers_;
  NamedTensors trained_;
  NamedTensors buffers_before_step_;
  std::unique_ptr<Optimizer> optimizer_;
  MovingAverage average_;
  std::unique_ptr<nn::FoldedNorms> folded_;
  std::unique_ptr<PrefixCache> prefix_;
};

}  // namespace strataform::train
