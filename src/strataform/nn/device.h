#pragma once

#include <torch/torch.h>

#include <string>

namespace strataform::nn {

/// "cpu", "cuda" or "cuda:1". Throws UsageError for another name and for a device that this machine does not have.
[[nodiscard]] torch::Device device_from_name(const std::string& name);

/// Whether LibTorch multiplies matrices of bfloat16 well there: not on a CPU without the instructions (AVX-512, say),
/// where a plain loop is many times slower than float32; AdaptableLayer rounds to bfloat16 and multiplies in float32.
[[nodiscard]] bool multiplies_bfloat16(const torch::Device& device);

/// Where a network's weights are.
[[nodiscard]] torch::Device device_of(const torch::nn::Module& network);

}  // namespace strataform::nn
