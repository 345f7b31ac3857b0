#include "strataform/peft/adapter_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/safetensors.h"
#include "strataform/peft/lora.h"

namespace strataform::peft {

namespace {

constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kTensorFile = "adapter_model.safetensors";
constexpr const char* kExtensionFile = "strataform.json";
constexpr std::string_view kPrefix = "base_model.model.";

/// "DIR/" names the same folder as "DIR".
std::filesystem::path without_slash(const std::filesystem::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

/// A folder that is filled under a temporary name beside its target and appears whole at commit().
class AtomicFolder {
 public:
  AtomicFolder(const std::filesystem::path& target, Overwrite overwrite) : target_(without_slash(target)) {
    check_adapter_output(target_, overwrite);
    temporary_ = fmt::format("{}.partial-{}", target_.string(), ::getpid());
    std::error_code failure;
    std::filesystem::create_directory(temporary_, failure);
    if (failure) throw IoError(fmt::format("{}: cannot make the folder: {}", target_.string(), failure.message()));
  }
  ~AtomicFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(temporary_, ignored);
  }
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  AtomicFolder(AtomicFolder&&) = delete;
  AtomicFolder& operator=(AtomicFolder&&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return temporary_ / name; }

  void commit() {
    const std::filesystem::path old = fmt::format("{}.old-{}", target_.string(), ::getpid());
    std::error_code failure;
    if (std::filesystem::exists(target_)) std::filesystem::rename(target_, old, failure);
    std::error_code ignored;
    if (!failure) {
      std::filesystem::rename(temporary_, target_, failure);
      if (failure) std::filesystem::rename(old, target_, ignored);
    }
    if (failure) throw IoError(fmt::format("{}: cannot rename the folder: {}", target_.string(), failure.message()));
    std::filesystem::remove_all(old, ignored);
  }

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
};

/// A whole number as one, because the Python library's own files have it so.
nlohmann::json number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? nlohmann::json(whole) : nlohmann::json(value);
}

nlohmann::json make_config(const Adapter& adapter) {
  nlohmann::json targets = nlohmann::json::array();
  for (const Adapter::Layer& layer : adapter.layers()) {
    if (layer.base.layer->kind() != nn::LayerKind::kConvTranspose2d) targets.push_back(layer.base.path);
  }
  const AdapterOptions& options = adapter.options();
  return {{"peft_type", adapter.method().file_type},
          {"r", options.rank},
          {"lora_alpha", number(lora_alpha(options))},
          {"lora_dropout", 0.0},
          {"target_modules", targets},
          {"rank_pattern", nlohmann::json::object()},
          {"alpha_pattern", nlohmann::json::object()},
          {"use_rslora", options.rank_stabilised},
          {"use_dora", false},
          {"bias", "none"},
          {"modules_to_save", nullptr},
          {"base_model_name_or_path", nullptr},
          {"task_type", nullptr},
          {"inference_mode", true}};
}

/// The stored tensors by their names in the file; they share the adapter's memory.
model::TensorMap state_of(const Adapter& adapter) {
  model::TensorMap state;
  for (const auto& [name, tensor] : adapter.trainable()) state.emplace(std::string(kPrefix) + name, tensor);
  return state;
}

template <class T>
T field(const nlohmann::json& json, const char* key, T fallback, const std::filesystem::path& path) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return fallback;
  try {
    return found->get<T>();
  } catch (const nlohmann::json::exception&) {
    throw InputError(fmt::format("{}: '{}' has an unexpected value {}", path.string(), key, found->dump()));
  }
}

/// Refuses features of the Python library that would change the output and are not known here.
void require_plain(const nlohmann::json& config, const std::filesystem::path& path) {
  const nlohmann::json plain = {{"use_dora", false}, {"bias", "none"}, {"fan_in_fan_out", false}, {"lora_bias", false}};
  for (const auto& [key, value] : plain.items()) {
    if (config.contains(key) && !config[key].is_null() && config[key] != value) {
      throw InputError(
          fmt::format("{}: '{}' is {}, only {} is supported", path.string(), key, config[key].dump(), value.dump()));
    }
  }
  for (const char* key : {"rank_pattern", "alpha_pattern", "modules_to_save"}) {
    if (config.contains(key) && !config[key].empty()) {
      throw InputError(fmt::format("{}: '{}' is not supported, found {}", path.string(), key, config[key].dump()));
    }
  }
}

AdapterOptions read_config(const std::filesystem::path& path) {
  const nlohmann::json config = io::read_json(path);
  if (!config.is_object()) throw InputError(fmt::format("{}: expected a JSON object", path.string()));
  const auto type = field<std::string>(config, "peft_type", "", path);
  const auto method = std::find_if(methods().begin(), methods().end(), [&](const Method& candidate) {
    return !candidate.file_type.empty() && candidate.file_type == type;
  });
  if (method == methods().end()) {
    throw InputError(fmt::format("{}: expected peft_type 'LORA', found '{}'", path.string(), type));
  }
  require_plain(config, path);
  AdapterOptions options;
  options.method = method->name;
  options.rank = field<std::int64_t>(config, "r", 8, path);  // the Python library's defaults
  options.alpha = field<double>(config, "lora_alpha", 8.0, path);
  options.rank_stabilised = field<bool>(config, "use_rslora", false, path);
  try {
    (void)lora_scale(options);
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", path.string(), error.what()));
  }
  return options;
}

/// Layer paths from the names of the stored tensors.
std::vector<std::string> read_layers(const std::filesystem::path& path) {
  constexpr std::string_view kSuffix = ".lora_A.weight";
  const io::SafetensorsFile file(path);
  std::vector<std::string> layers;
  for (const io::TensorInfo& info : file.tensors()) {
    if (!info.name.starts_with(kPrefix)) {
      throw InputError(
          fmt::format("{}: tensor '{}': expected a name that begins with '{}'", path.string(), info.name, kPrefix));
    }
    if (info.name.ends_with(kSuffix)) {
      layers.push_back(info.name.substr(kPrefix.size(), info.name.size() - kPrefix.size() - kSuffix.size()));
    }
  }
  if (layers.empty()) throw InputError(fmt::format("{}: expected low-rank tensors, found none", path.string()));
  return layers;
}

void require_base(const AdapterFile& file, const model::Model& model) {
  if (!file.base_fingerprint.empty() && file.base_fingerprint != model.fingerprint) {
    throw MismatchError(fmt::format("{}: the adapter was made for the model with fingerprint {}, found {}",
                                    file.folder.string(), file.base_fingerprint, model.fingerprint));
  }
  const std::vector<nn::NamedLayer> known = model.backbone->adaptable_layers();
  for (const std::string& path : file.layers) {
    const bool found =
        std::any_of(known.begin(), known.end(), [&](const nn::NamedLayer& named) { return named.path == path; });
    if (!found) {
      throw MismatchError(fmt::format("{}: the adapter changes layer '{}', which backbone '{}' does not have",
                                      file.folder.string(), path, model.backbone->name()));
    }
  }
}

}  // namespace

void check_adapter_output(const std::filesystem::path& folder, Overwrite overwrite) {
  check_output_folder(without_slash(folder), overwrite);
  // Replacing means removing: nothing but an adapter is ever removed.
  if (std::filesystem::exists(folder) && !std::filesystem::exists(folder / kConfigFile)) {
    throw IoError(fmt::format("{}: exists and is no adapter, so it is not replaced", folder.string()));
  }
}

void save_adapter(const std::filesystem::path& folder, const Adapter& adapter, const std::string& base_fingerprint,
                  const nlohmann::json& provenance, Overwrite overwrite) {
  if (adapter.method().file_type.empty()) {
    throw UsageError(fmt::format("method '{}' makes a model, not an adapter", adapter.method().name));
  }
  nlohmann::json layers = nlohmann::json::object();
  for (const Adapter::Layer& layer : adapter.layers()) {
    layers[layer.base.path] = nn::name_of(layer.base.layer->kind());
  }
  AtomicFolder output(folder, overwrite);
  io::write_json(output / kConfigFile, make_config(adapter));
  io::write_json(output / kExtensionFile, {{"format", "strataform-adapter"},
                                           {"version", 1},
                                           {"backbone", adapter.backbone()->name()},
                                           {"base_fingerprint", base_fingerprint},
                                           {"layers", layers},
                                           {"provenance", provenance}});
  model::write_tensor_file(output / kTensorFile, {state_of(adapter), {{"format", "pt"}}}, io::DType::kFloat32);
  output.commit();
}

AdapterFile read_adapter_file(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) {
    throw IoError(fmt::format("{}: expected an adapter folder, found nothing", folder.string()));
  }
  if (!std::filesystem::is_regular_file(folder / kConfigFile)) {
    throw InputError(fmt::format("{}: expected an adapter folder with {}, found none", folder.string(), kConfigFile));
  }
  AdapterFile file;
  file.folder = folder;
  file.options = read_config(folder / kConfigFile);
  file.layers = read_layers(folder / kTensorFile);
  const std::filesystem::path extension = folder / kExtensionFile;
  if (std::filesystem::exists(extension)) {
    const nlohmann::json json = io::read_json(extension);
    if (!json.is_object()) throw InputError(fmt::format("{}: expected a JSON object", extension.string()));
    file.base_fingerprint = field<std::string>(json, "base_fingerprint", "", extension);
    file.provenance = json.value("provenance", nlohmann::json::object());
  }
  return file;
}

std::unique_ptr<Adapter> load_adapter(const std::filesystem::path& folder, const model::Model& model) {
  const AdapterFile file = read_adapter_file(folder);
  require_base(file, model);
  auto adapter = std::make_unique<Adapter>(model.backbone, file.options, file.layers);
  const std::filesystem::path tensors = folder / kTensorFile;
  model::load_state(state_of(*adapter), model::read_tensor_file(tensors).tensors, tensors.string());
  return adapter;
}

std::string describe_adapter(const AdapterFile& file) {
  const AdapterOptions& options = file.options;
  return fmt::format("{:<15}{}\n{:<15}{}, scale {:.4g}{}\n{:<15}{}\n{:<15}{} ({})\n{:<15}{}\n", "method",
                     options.method, "rank", options.rank, lora_scale(options),
                     options.rank_stabilised ? " (rank-stabilised)" : "", "base",
                     file.base_fingerprint.empty() ? "not recorded" : file.base_fingerprint, "layers",
                     file.layers.size(), fmt::join(file.layers, ", "), "provenance", file.provenance.dump());
}

}  // namespace strataform::peft
