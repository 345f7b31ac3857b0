#include "strataform/model/tensor_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/safetensors.h"

namespace strataform::model {

namespace {

bool is_finite(const torch::Tensor& tensor) { return torch::isfinite(tensor).all().item<bool>(); }

torch::Tensor to_torch(const io::TensorInfo& info, const std::filesystem::path& path) {
  if (info.dtype != io::DType::kFloat16 && info.dtype != io::DType::kFloat32) {
    throw InputError(fmt::format("{}: tensor '{}': expected float16 or float32, found {}", path.string(), info.name,
                                 io::name_of(info.dtype)));
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

void write_tensor_file(const std::filesystem::path& path, const TensorFile& file, io::DType storage,
                       Overwrite overwrite) {
  const torch::ScalarType type = storage == io::DType::kFloat16 ? torch::kFloat16 : torch::kFloat32;
  std::vector<torch::Tensor> stored;  // keeps the memory that the infos point to
  std::vector<io::TensorInfo> infos;
  for (const auto& [name, tensor] : file.tensors) {
    stored.push_back(tensor.detach().to(torch::kCPU, type).contiguous());
    const torch::Tensor& last = stored.back();
    if (!is_finite(last)) {
      throw NumericalError(fmt::format("{}: tensor '{}' has values that are not finite in {}", path.string(), name,
                                       io::name_of(storage)));
    }
    infos.push_back(
        {name, storage, last.sizes().vec(), {static_cast<const std::byte*>(last.data_ptr()), last.nbytes()}});
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
