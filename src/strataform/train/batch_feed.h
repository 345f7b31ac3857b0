#pragma once

// Whole in a header: the trainer alone uses it, and every source that includes LibTorch takes its time to compile.
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>

#include "strataform/data/batch_loader.h"
#include "strataform/nn/backbone_shape.h"
#include "strataform/train/compute.h"

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

/// Copies a batch to another device. Memory there belongs to the stream that computes with it, so that it is not given
/// to others before the computing is done.
inline void copy_to_device(TensorBatch& batch, const FeedTarget& target, const c10::Stream& copying) {
  const c10::Stream computing = c10::impl::VirtualGuardImpl(target.device.type()).getStream(target.device);
  c10::Event copied(target.device.type());
  {
    const c10::StreamGuard guard(copying);
    if (!batch.host.gathers.empty()) {
      batch.gathers = gathers_tensor(batch.host, target.shape, target.device, target.channels_last);
      batch.gathers.record_stream(computing);
    }
    batch.velocity = velocity_tensor(batch.host, target.shape, target.device);
    batch.velocity.record_stream(computing);
    copied.record(copying);
  }
  copied.synchronize();
}

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

inline BatchFeed::BatchFeed(std::shared_ptr<const data::Dataset> dataset, const data::InputSpec& spec,
                            const data::BatchOptions& options, const FeedTarget& target)
    : target_(target), loader_(std::move(dataset), spec, options) {
  if (target.device.is_cpu()) return;
  copying_ = c10::impl::VirtualGuardImpl(target.device.type()).getStreamFromGlobalPool(target.device);
}

inline TensorBatch BatchFeed::load(std::int64_t step) {
  TensorBatch batch;
  batch.host = loader_.batch(step);
  if (!target_.device.is_cpu()) {
    copy_to_device(batch, target_, *copying_);
    return batch;
  }
  if (!batch.host.gathers.empty()) {
    batch.gathers = gathers_tensor(batch.host, target_.shape, target_.device, target_.channels_last);
  }
  batch.velocity = velocity_tensor(batch.host, target_.shape, target_.device);
  return batch;
}

inline TensorBatch BatchFeed::batch(std::int64_t step) {
  const auto start = std::chrono::steady_clock::now();
  TensorBatch batch = next_.valid() && next_step_ == step ? next_.get() : (next_ = {}, load(step));
  waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!target_.device.is_cpu()) {
    next_step_ = step + 1;
    next_ = std::async(std::launch::async, [this, step] { return load(step + 1); });
  }
  return batch;
}

}  // namespace strataform::train
