#include "strataform/train/batch_feed.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <utility>

#include "strataform/train/compute.h"

namespace strataform::train {
namespace {

/// Copies a batch to another device. Memory there belongs to the stream that computes with it, so that it is not given
/// to others before the computing is done.
void copy_to_device(TensorBatch& batch, const FeedTarget& target, const c10::Stream& copying) {
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

}  // namespace

BatchFeed::BatchFeed(std::shared_ptr<const data::Dataset> dataset, const data::InputSpec& spec,
                     const data::BatchOptions& options, const FeedTarget& target)
    : target_(target), loader_(std::move(dataset), spec, options) {
  if (target.device.is_cpu()) return;
  copying_ = c10::impl::VirtualGuardImpl(target.device.type()).getStreamFromGlobalPool(target.device);
}

TensorBatch BatchFeed::load(std::int64_t step) {
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

TensorBatch BatchFeed::batch(std::int64_t step) {
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
