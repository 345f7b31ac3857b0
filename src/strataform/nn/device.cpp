#include "strataform/nn/device.h"

#include <fmt/format.h>

#include <regex>

#include "strataform/core/error.h"
#include "strataform/nn/threads.h"

namespace strataform::nn {

torch::Device device_from_name(const std::string& name) {
  static const std::regex known("cpu|cuda(:[0-9]{1,3})?");
  if (!std::regex_match(name, known)) {
    throw UsageError(fmt::format("--device: expected cpu, cuda or cuda:N, found '{}'", name));
  }
  const torch::Device device(name);
  const int available = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  if (device.is_cuda() && (available == 0 || device.index() >= available)) {
    throw UsageError(fmt::format("--device {}: this LibTorch finds {} CUDA devices", name, available));
  }
  return device;
}

void set_tensor_threads(int count) { at::set_num_threads(count); }

torch::Device device_of(const torch::nn::Module& network) { return network.parameters().front().device(); }

}  // namespace strataform::nn
