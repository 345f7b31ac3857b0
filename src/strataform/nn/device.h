#pragma once

#include <torch/torch.h>

#include <string>

namespace strataform::nn {

/// "cpu", "cuda" or "cuda:1". Throws UsageError for another name and for a device that this machine does not have.
[[nodiscard]] torch::Device device_from_name(const std::string& name);

/// Whether LibTorch multiplies matrices of bfloat16 well on this CPU (AVX-512, say). Elsewhere it does so in a plain
/// loop, many times slower than in float32; AdaptableLayer rounds to bfloat16 and multiplies in float32 there.
[[nodiscard]] bool cpu_has_bfloat16();

/// Where a network's weights are.
[[nodiscard]] torch::Device device_of(const torch::nn::Module& network);

}  // namespace strataform::nn
