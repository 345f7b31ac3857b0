#pragma once

#include <torch/torch.h>

#include <string>

namespace strataform::nn {

/// "cpu", "cuda" or "cuda:1". Throws UsageError for another name and for a device that this machine does not have.
[[nodiscard]] torch::Device device_from_name(const std::string& name);

/// Where a network's weights are.
[[nodiscard]] torch::Device device_of(const torch::nn::Module& network);

}  // namespace strataform::nn
