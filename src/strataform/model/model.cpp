#include "strataform/model/model.h"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "strataform/core/error.h"
#include "strataform/core/fingerprint.h"
#include "strataform/io/json.h"
#include "strataform/model/tensor_file.h"
#include "strataform/nn/backbone.h"
#include "strataform/nn/device.h"
#include "strataform/survey/cell_survey_json.h"
#include "strataform/survey/modelling_json.h"
#include "strataform/survey/openfwi.h"

namespace strataform::model {

namespace {

constexpr const char* kFormat = "strataform-model";
constexpr const char* kVersion = "2";
/// With an "acquisition" in cells, perhaps an empty one, in place of the modelling.
constexpr const char* kVersionInCells = "1";
constexpr const char* kModelling = "modelling";
constexpr std::string_view kUnmergedPrefix = "unmerged.";
constexpr const char* kUnmergedFingerprint = "unmerged_fingerprint";

using Metadata = std::map<std::string, std::string>;

std::string fingerprint_of(const std::string& backbone, const TensorMap& state, io::DType storage) {
  Fingerprint hash;
  hash.add(backbone);
  for (const auto& [name, tensor] : state) {
    const torch::Tensor values =
        tensor.detach().to(torch::kCPU, stored_type(tensor, storage)).to(torch::kFloat32).contiguous();
    hash.add(name);
    hash.add(std::span<const float>(values.data_ptr<float>(), static_cast<std::size_t>(values.numel())));
  }
  return hash.text();
}

const std::string& require(const Metadata& metadata, const std::string& key, const std::filesystem::path& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    throw InputError(fmt::format("{}: expected '{}' in the network's metadata, found none", path.string(), key));
  }
  return found->second;
}

void require_model(const Metadata& metadata, const std::filesystem::path& path) {
  const auto format = metadata.find("format");
  if (format == metadata.end() || format->second != kFormat) {
    throw InputError(fmt::format("{}: expected a network (metadata format '{}'), found {}", path.string(), kFormat,
                                 format == metadata.end() ? "other tensors" : "format '" + format->second + "'"));
  }
  const std::string& version = require(metadata, "version", path);
  if (version != kVersion && version != kVersionInCells) {
    throw InputError(fmt::format("{}: expected network format version {} or {}, found '{}'", path.string(),
                                 kVersionInCells, kVersion, version));
  }
}

std::shared_ptr<nn::Backbone> make_stored_backbone(const Metadata& metadata, const std::filesystem::path& path) {
  try {
    return nn::make_blank_backbone(require(metadata, "backbone", path),
                                   io::parse_json(require(metadata, "options", path), path));
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", path.string(), error.what()));
  }
}

/// The input must be what the network reads: gathers are handed to it without another look at their shape.
void require_consistent(const data::InputSpec& input, const nn::BackboneShape& shape,
                        const std::filesystem::path& path) {
  if (input.shots == shape.shots && input.input_samples() == shape.samples && input.receivers == shape.receivers)
    return;
  throw InputError(fmt::format(
      "{}: expected an input of [{}, {}, {}] as the network reads, found [{}, {}, {}] in its "
      "metadata",
      path.string(), shape.shots, shape.samples, shape.receivers, input.shots, input.input_samples(), input.receivers));
}

nlohmann::json require_object(const Metadata& metadata, const char* key, const std::filesystem::path& path) {
  nlohmann::json object = io::parse_json(require(metadata, key, path), path);
  if (!object.is_object()) {
    throw InputError(
        fmt::format("{}: expected an object under '{}', found {}", path.string(), key, object.type_name()));
  }
  return object;
}

std::optional<survey::Modelling> read_modelling(const Metadata& metadata, const nn::BackboneShape& shape,
                                                const std::filesystem::path& path) {
  std::optional<survey::Modelling> modelling;
  if (metadata.contains(kModelling)) {
    modelling = survey::modelling_from_json(require_object(metadata, kModelling, path), path.string());
  } else if (require(metadata, "version", path) == kVersionInCells) {
    const nlohmann::json cells = require_object(metadata, "acquisition", path);
    if (!cells.empty()) modelling = survey::modelling_from_cell_json(cells, path.string());
  }
  if (modelling) modelling->grid = survey::with_extent(modelling->grid, shape.nz, shape.nx);
  return modelling;
}

std::string describe(const std::optional<survey::Modelling>& modelling) {
  if (!modelling) return "not recorded";
  const auto& [grid, survey, source, scheme] = *modelling;
  const std::optional<std::int64_t> receivers = survey::common_receivers(survey);
  return fmt::format("{} sources, {} receivers, {} time samples of {} ms, {} Hz, cells of {} m, {} absorbing cells",
                     survey.shots.size(), receivers ? std::to_string(*receivers) : "different", survey.samples,
                     survey.sample_interval * 1e3, source.peak_frequency, grid.spacing, scheme.absorbing_cells);
}

/// Takes what an adapter has replaced out of the tensors of a file.
std::shared_ptr<const UnmergedWeights> take_unmerged(TensorFile& file, const std::filesystem::path& path) {
  if (!file.metadata.contains(kUnmergedFingerprint)) return nullptr;
  auto unmerged = std::make_shared<UnmergedWeights>();
  unmerged->fingerprint = require(file.metadata, kUnmergedFingerprint, path);
  for (auto tensor = file.tensors.begin(); tensor != file.tensors.end();) {
    if (tensor->first.starts_with(kUnmergedPrefix)) {
      unmerged->tensors.emplace(tensor->first.substr(kUnmergedPrefix.size()), tensor->second);
      tensor = file.tensors.erase(tensor);
    } else {
      ++tensor;
    }
  }
  return unmerged;
}

}  // namespace

const std::string& Model::backbone_name() const { return backbone->name(); }
nlohmann::json Model::backbone_options() const { return backbone->options(); }
const nn::BackboneShape& Model::shape() const { return backbone->shape(); }
std::int64_t Model::parameter_count() const { return nn::parameter_count(*backbone); }
double Model::spacing() const { return modelling ? modelling->grid.spacing : survey::Openfwi::kSpacing; }

std::string fingerprint_of(const nn::Backbone& backbone) {
  return fingerprint_of(backbone.name(), state_of(backbone), io::DType::kFloat32);
}

Model load_model(const std::filesystem::path& path, const std::string& device) {
  const torch::Device place = nn::device_from_name(device);
  TensorFile file = read_tensor_file(path);
  require_model(file.metadata, path);
  Model model;
  model.unmerged = take_unmerged(file, path);
  model.backbone = make_stored_backbone(file.metadata, path);
  load_state(state_of(*model.backbone), file.tensors, path.string());
  model.input = data::input_spec_from_json(io::parse_json(require(file.metadata, "input", path), path), path.string());
  require_consistent(model.input, model.backbone->shape(), path);
  model.modelling = read_modelling(file.metadata, model.shape(), path);
  model.provenance = require_object(file.metadata, "provenance", path);
  model.fingerprint = fingerprint_of(*model.backbone);
  const std::string& expected = require(file.metadata, "fingerprint", path);
  if (model.fingerprint != expected) {
    throw InputError(fmt::format("{}: the weights are damaged: expected fingerprint {}, found {}", path.string(),
                                 expected, model.fingerprint));
  }
  model.backbone->to(place);
  model.backbone->eval();
  return model;
}

Model replicate(const Model& model) {
  Model replica = model;
  replica.backbone = nn::make_blank_backbone(model.backbone->name(), model.backbone->options());
  replica.backbone->to(nn::device_of(*model.backbone));
  const TensorMap shared = state_of(*model.backbone);
  for (auto& [name, tensor] : state_of(*replica.backbone)) tensor.set_data(shared.at(name).detach());
  replica.backbone->eval();
  return replica;
}

std::string save_model(const std::filesystem::path& path, const Model& model, io::DType storage, Overwrite overwrite) {
  const nn::Backbone& backbone = *model.backbone;
  TensorFile file;
  file.tensors = state_of(backbone);
  const std::string fingerprint = fingerprint_of(backbone.name(), file.tensors, storage);
  file.metadata = {{"format", kFormat},
                   {"version", kVersion},
                   {"backbone", backbone.name()},
                   {"options", io::to_text(backbone.options())},
                   {"input", io::to_text(data::to_json(model.input))},
                   {"provenance", io::to_text(model.provenance)},
                   {"fingerprint", fingerprint}};
  if (model.modelling) file.metadata[kModelling] = io::to_text(survey::to_json(*model.modelling));
  if (model.unmerged) {
    // Most of a merged network and all of what its adapter replaced have the bits of a base in half precision.
    file.exact_halves = true;
    file.metadata[kUnmergedFingerprint] = model.unmerged->fingerprint;
    for (const auto& [name, tensor] : model.unmerged->tensors) {
      file.tensors.emplace(std::string(kUnmergedPrefix) + name, tensor);
    }
  }
  write_tensor_file(path, file, storage, overwrite);
  return fingerprint;
}

std::string describe_model(const Model& model) {
  const nn::Backbone& backbone = *model.backbone;
  const data::InputSpec& input = model.input;
  const data::Normalization& range = input.normalization;
  std::string text;
  const auto line = [&text](std::string_view label, const std::string& value) {
    text += fmt::format("{:<15}{}\n", label, value);
  };
  line("backbone", fmt::format("{} {}", backbone.name(), backbone.options().dump()));
  line("parameters", nn::format_count(nn::parameter_count(backbone)));
  line("fingerprint", model.fingerprint);
  if (model.unmerged) line("merged into", model.unmerged->fingerprint + " (adapter unmerge restores it)");
  line("input", fmt::format("{} shots x {} time samples of {} ms x {} receivers", input.shots, input.samples,
                            input.time_step * 1e3, input.receivers));
  line("preparation", fmt::format("mean over {} time sample(s), last time sample {}", input.decimation,
                                  input.ignore_last_sample ? "ignored" : "used"));
  line("output", fmt::format("{} x {} cells", backbone.shape().nz, backbone.shape().nx));
  line("amplitudes", fmt::format("{} to {} before the logarithm", range.data_min, range.data_max));
  line("velocities", fmt::format("{} to {} m/s", range.velocity_min, range.velocity_max));
  line("survey", describe(model.modelling));
  line("provenance", model.provenance.dump(2));
  return text;
}

}  // namespace strataform::model
