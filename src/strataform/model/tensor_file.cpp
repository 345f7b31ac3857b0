#include "strataform/model/tensor_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/half_range.h"
#include "strataform/io/safetensors.h"

namespace strataform::model {

namespace {

bool is_finite(const torch::Tensor& tensor) { return torch::isfinite(tensor).all().item<bool>(); }

torch::Tensor to_torch(const io::TensorInfo& info, const std::filesystem::path& path) {
  const std::array known = {io::DType::kFloat16, io::DType::kBFloat16, io::DType::kFloat32, io::DType::kFloat64};
  if (std::ranges::find(known, info.dtype) == known.end()) {
    throw InputError(fmt::format("{}: tensor '{}': expected float16, bfloat16, float32 or float64, found {}",
                                 path.string(), info.name, io::name_of(info.dtype)));
  }
  torch::Tensor tensor = torch::empty(info.shape, torch::kFloat32);
  io::convert_to_float(info.dtype, info.data, {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())});
  return tensor;
}

}  // namespace

TensorFile read_tensor_file(const std::filesystem::path& path) {
  const io::SafetensorsFile file(path);
  TensorFile result;
  result.metadata = file.metadata();
  for (const io::TensorInfo& info : file.tensors()) result.tensors.emplace(info.name, to_torch(info, path));
  return result;
}

torch::ScalarType stored_type(const torch::Tensor& tensor, io::DType storage) {
  if (storage != io::DType::kFloat16) return torch::kFloat32;
  const torch::Tensor values = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const double error = io::half_error({values.const_data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  // What is too large or no number at all is refused by name in that type.
  return std::isfinite(error) && error > io::kLargestHalfError ? torch::kFloat32 : torch::kFloat16;
}

namespace {

bool is_exact_half(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kCPU, torch::kFloat32);
  return torch::equal(values, values.to(torch::kFloat16).to(torch::kFloat32));
}

}  // namespace

void write_tensor_file(const std::filesystem::path& path, const TensorFile& file, io::DType storage,
                       Overwrite overwrite) {
  std::vector<torch::Tensor> stored;  // keeps the memory that the infos point to
  std::vector<io::TensorInfo> infos;
  for (const auto& [name, tensor] : file.tensors) {
    const bool halve = file.exact_halves && is_exact_half(tensor);
    const torch::ScalarType type = halve ? torch::kFloat16 : stored_type(tensor, storage);
    stored.push_back(tensor.detach().to(torch::kCPU, type).contiguous());
    const torch::Tensor& last = stored.back();
    if (!is_finite(last)) {
      throw NumericalError(fmt::format("{}: tensor '{}' has values that are not finite in {}{}", path.string(), name,
                                       io::name_of(storage), is_finite(tensor) ? ": choose `storage` f32" : ""));
    }
    infos.push_back({name,
                     type == torch::kFloat16 ? io::DType::kFloat16 : io::DType::kFloat32,
                     last.sizes().vec(),
                     {static_cast<const std::byte*>(last.data_ptr()), last.nbytes()}});
  }
  io::write_safetensors(path, std::move(infos), file.metadata, overwrite);
}

void load_state(const TensorMap& state, const TensorMap& values, const std::string& source) {
  for (const auto& [name, value] : values) {
    if (!state.contains(name)) throw InputError(fmt::format("{}: unexpected tensor '{}'", source, name));
  }
  for (const auto& [name, tensor] : state) {
    const auto found = values.find(name);
    if (found == values.end()) throw InputError(fmt::format("{}: tensor '{}' is missing", source, name));
    if (found->second.sizes() != tensor.sizes()) {
      throw InputError(fmt::format("{}: tensor '{}': expected shape [{}], found [{}]", source, name,
                                   fmt::join(tensor.sizes(), ", "), fmt::join(found->second.sizes(), ", ")));
    }
    if (!is_finite(found->second)) throw InputError(fmt::format("{}: tensor '{}' has non-finite values", source, name));
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state) {
    torch::Tensor target = tensor;
    target.copy_(values.at(name));
  }
}

TensorMap state_of(const torch::nn::Module& module) {
  TensorMap state;
  for (const auto& item : module.named_parameters()) state.emplace(item.key(), item.value());
  for (const auto& item : module.named_buffers()) {
    if (!item.key().ends_with("num_batches_tracked")) state.emplace(item.key(), item.value());
  }
  return state;
}

}  // namespace strataform::model
