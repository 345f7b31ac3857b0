#include "strataform/peft/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/model/model.h"
#include "strataform/model/tensor_file.h"
#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::peft {
namespace {

model::TensorMap copy_of(const nn::Backbone& backbone) {
  model::TensorMap copies;
  for (const auto& [name, tensor] : model::state_of(backbone)) copies.emplace(name, tensor.detach().clone());
  return copies;
}

/// A bias that a layer has only in memory would be lost in a file.
void require_storable(const Adapter& adapter) {
  for (const Adapter::Layer& layer : adapter.layers()) {
    if (layer.base.layer->bias.defined() && !layer.original.bias.defined()) {
      throw UsageError(fmt::format("method '{}' cannot be merged: layer '{}' has no bias in the network file",
                                   adapter.method().name, layer.base.path));
    }
  }
}

/// The base's own bits go into the file too, and have to come out again.
void require_restorable(const model::TensorMap& base, io::DType storage) {
  for (const auto& [name, tensor] : base) {
    if (torch::equal(tensor, tensor.to(model::stored_type(tensor, storage)).to(tensor.scalar_type()))) continue;
    throw UsageError(fmt::format(
        "`storage`: expected f32, because the base could not be restored: '{}' has more bits than f16 keeps", name));
  }
}

/// 0 and -0 are not the same, other than for torch::equal: the fingerprint tells them apart.
bool same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor left = a.contiguous();
  const torch::Tensor right = b.contiguous();
  return std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

}  // namespace

void merge_model(const std::filesystem::path& base, const std::filesystem::path& adapter,
                 const std::filesystem::path& output, io::DType storage, Overwrite overwrite) {
  check_output_path(output, overwrite);
  model::Model model = model::load_model(base);
  if (model.unmerged) {
    throw UsageError(fmt::format("{}: an adapter was merged into it already; unmerge it first", base.string()));
  }
  const model::TensorMap before = copy_of(*model.backbone);
  require_restorable(before, storage);
  const auto loaded = load_adapter(adapter, model);
  loaded->merge();
  require_storable(*loaded);
  auto unmerged = std::make_shared<model::UnmergedWeights>();
  unmerged->fingerprint = model.fingerprint;
  for (const auto& [name, tensor] : model::state_of(*model.backbone)) {
    if (!same_bits(tensor, before.at(name))) unmerged->tensors.emplace(name, before.at(name));
  }
  model.unmerged = std::move(unmerged);
  model.provenance = {{"kind", "merge"},
                      {"base", model.fingerprint},
                      {"base_provenance", model.provenance},
                      {"adapter", read_adapter_file(adapter).provenance}};
  model::save_model(output, model, storage, overwrite);
}

void unmerge_model(const std::filesystem::path& merged, const std::filesystem::path& output, io::DType storage,
                   Overwrite overwrite) {
  check_output_path(output, overwrite);
  model::Model model = model::load_model(merged);
  if (!model.unmerged) {
    throw InputError(fmt::format("{}: expected a network with an adapter merged into it, found none", merged.string()));
  }
  model::TensorMap restored = copy_of(*model.backbone);
  for (const auto& [name, tensor] : model.unmerged->tensors) restored[name] = tensor;
  require_restorable(restored, storage);
  model::load_state(model::state_of(*model.backbone), restored, merged.string());
  const std::string found = model::fingerprint_of(*model.backbone);
  if (found != model.unmerged->fingerprint) {
    throw InputError(fmt::format("{}: the weights beside it are not the base's: expected fingerprint {}, found {}",
                                 merged.string(), model.unmerged->fingerprint, found));
  }
  model.provenance = model.provenance.value("base_provenance", nlohmann::json::object());
  model.unmerged = nullptr;
  model::save_model(output, model, storage, overwrite);
}

void convert_adapter(const ConvertOptions& options) {
  check_adapter_output(options.output, options.overwrite);
  const model::Model model = model::load_model(options.base);
  const auto loaded = load_adapter(options.adapter, model);
  // Copies: what a method has trained of the network's own tensors leaves them with deactivate().
  NamedTensors values;
  for (const auto& [name, tensor] : loaded->state()) values.emplace_back(name, tensor.detach().clone());
  loaded->deactivate();
  std::vector<std::string> paths;
  for (const Adapter::Layer& layer : loaded->layers()) {
    if (!options.hf_only || is_portable(*layer.base.layer)) paths.push_back(layer.base.path);
  }
  if (options.hf_only && (paths.empty() || !loaded->method().portable())) {
    throw UsageError(fmt::format("{}: Hugging Face PEFT can adapt none of this", options.adapter.string()));
  }
  const Adapter converted(model.backbone, loaded->options(), paths);
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : converted.state()) {
    const auto same = std::ranges::find(values, name, &NamedTensors::value_type::first);
    tensor.detach().copy_(same->second);
  }
  save_adapter(options.output, converted, model.fingerprint,
               {{"kind", "convert"}, {"source", read_adapter_file(options.adapter).provenance}}, options.overwrite);
}

}  // namespace strataform::peft
