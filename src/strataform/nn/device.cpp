#include "strataform/nn/device.h"

#include <fmt/format.h>

#include <regex>

#include "strataform/core/error.h"

namespace strataform::nn {

torch::Device device_from_name(const std::string& name) {
  static const std::regex known("cpu|cuda(:(0|[1-9][0-9]?))?");
  if (!std::regex_match(name, known)) {
    throw UsageError(fmt::format("`device`: expected cpu, cuda or cuda:N, found '{}'", name));
  }
  const torch::Device device(name);
  const int available = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  if (device.is_cuda() && (available == 0 || device.index() >= available)) {
    throw UsageError(fmt::format("`device` {}: this LibTorch finds {} CUDA devices", name, available));
  }
  return device;
}

bool multiplies_bfloat16(const torch::Device& device) {
  // LibTorch's own criterion; an operator without a header. A LibTorch without oneDNN has no such kernels at all.
  static const bool on_cpu = [] {
    const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_is_mkldnn_bf16_supported", ""});
    return found && found->typed<bool()>().call();
  }();
  return !device.is_cpu() || on_cpu;
}

torch::Device device_of(const torch::nn::Module& network) { return network.parameters().front().device(); }

}  // namespace strataform::nn
