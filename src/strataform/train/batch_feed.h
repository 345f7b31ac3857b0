#pragma once

#include <c10/core/Stream.h>
#include <torch/torch.h>

#include <cstdint>
#include <future>
#include <memory>
#include <optional>

#include "strataform/data/batch_loader.h"
#include "strataform/nn/backbone_shape.h"

namespace strataform::train {

/// A batch where the network is. On the CPU the tensors share the memory of `host`.
struct TensorBatch {
  data::Batch host;
  torch::Tensor gathers;   ///< [batch, shots, samples, receivers]; undefined where they were not asked for
  torch::Tensor velocity;  ///< [batch, 1, nz, nx]
};

struct FeedTarget {
  nn::BackboneShape shape;
  torch::Device device;
  bool channels_last = false;
};

/// The batches of a BatchLoader as tensors. What goes to another device is copied there by a background thread, in a
/// stream of its own, while the step before is computed.
class BatchFeed {
 public:
  /// Throws as BatchLoader does.
  BatchFeed(std::shared_ptr<const data::Dataset> dataset, const data::InputSpec& spec,
            const data::BatchOptions& options, const FeedTarget& target);

  /// See BatchLoader::batch().
  TensorBatch batch(std::int64_t step);
  /// How long batch() has made its caller wait so far.
  [[nodiscard]] double seconds_waiting() const { return waited_; }

 private:
  TensorBatch load(std::int64_t step);

  const FeedTarget target_;
  std::optional<c10::Stream> copying_;  ///< of another device
  data::BatchLoader loader_;
  double waited_ = 0.0;
  std::int64_t next_step_ = -1;      ///< that next_ holds
  std::future<TensorBatch> next_{};  ///< last, so that its thread has ended before the rest is destroyed
};

}  // namespace strataform::train
