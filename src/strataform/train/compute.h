#pragma once

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include "strataform/data/batch_loader.h"
#include "strataform/nn/backbone.h"
#include "strataform/nn/device.h"
#include "strataform/train/train_options.h"

namespace strataform::train {

/// A batch as tensors, gathers [batch, shots, samples, receivers] and velocity [batch, 1, nz, nx]. On the CPU they
/// share the batch's memory, which must outlive them.
inline torch::Tensor gathers_tensor(data::Batch& batch, const nn::BackboneShape& shape, const torch::Device& device,
                                    bool channels_last) {
  const auto format = channels_last ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
  return torch::from_blob(batch.gathers.data(), {batch.count, shape.shots, shape.samples, shape.receivers})
      .to(device)
      .contiguous(format);
}
inline torch::Tensor velocity_tensor(data::Batch& batch, const nn::BackboneShape& shape, const torch::Device& device) {
  return torch::from_blob(batch.velocity.data(), {batch.count, 1, shape.nz, shape.nx}).to(device);
}

/// For a scope: operations that gain from it run in bfloat16.
class Autocast {
 public:
  Autocast(Precision precision, torch::DeviceType device)
      : device_(device), active_(precision == Precision::kBFloat16) {
    if (!active_) return;
    at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~Autocast() {
    if (!active_) return;
    at::autocast::set_autocast_enabled(device_, false);
    // It holds bfloat16 copies of weights that the optimiser is about to change.
    at::autocast::clear_cache();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
  Autocast(Autocast&&) = delete;
  Autocast& operator=(Autocast&&) = delete;

 private:
  torch::DeviceType device_;
  bool active_;
};

}  // namespace strataform::train
