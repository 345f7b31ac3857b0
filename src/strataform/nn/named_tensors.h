#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

namespace strataform::nn {

/// Tensors under the names that they have in a file, in a fixed order.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

}  // namespace strataform::nn
