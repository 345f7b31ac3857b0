#include "strataform/peft/adapter_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/json_field.h"
#include "strataform/io/safetensors.h"
#include "strataform/model/tensor_file.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/foreign_adapter.h"
#include "strataform/peft/layer_pattern.h"
#include "strataform/peft/low_rank.h"

namespace strataform::peft {

namespace {

constexpr const char* kExtensionFile = "strataform.json";
constexpr std::string_view kPrefix = "base_model.model.";

/// A folder that is filled under a temporary name beside its target and appears whole at commit().
class AtomicFolder {
 public:
  AtomicFolder(const std::filesystem::path& target, Overwrite overwrite) : target_(without_slash(target)) {
    check_adapter_output(target_, overwrite);
    temporary_ = temporary_path_beside(target_);
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
    const std::filesystem::path old = temporary_path_beside(target_);
    std::error_code failure;
    if (std::filesystem::exists(target_)) {
      take_over_permissions();
      std::filesystem::rename(target_, old, failure);
    }
    std::error_code ignored;
    if (!failure) {
      std::filesystem::rename(temporary_, target_, failure);
      if (failure) std::filesystem::rename(old, target_, ignored);
    }
    if (failure) throw IoError(fmt::format("{}: cannot rename the folder: {}", target_.string(), failure.message()));
    std::filesystem::remove_all(old, ignored);
  }

 private:
  /// Of the folder that is replaced, and of the files in it that the new one has, too.
  void take_over_permissions() const {
    namespace fs = std::filesystem;
    for (const fs::directory_entry& entry : fs::directory_iterator(temporary_)) {
      const fs::path old = target_ / entry.path().filename();
      if (fs::exists(old)) fs::permissions(entry.path(), fs::status(old).permissions());
    }
    fs::permissions(temporary_, fs::status(target_).permissions());
  }

  std::filesystem::path target_;
  std::filesystem::path temporary_;
};

/// A whole number as one, because the Python library's own files have it so.
nlohmann::json number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? nlohmann::json(whole) : nlohmann::json(value);
}

/// An option of the method's own, or its default.
const nlohmann::json& own_value(const AdapterOptions& options, const MethodOption& option) {
  const auto given = options.own.find(option.name);
  return given == options.own.end() ? option.fallback : *given;
}

nlohmann::json make_config(const Adapter& adapter) {
  const AdapterOptions& options = adapter.options();
  const Method& method = adapter.method();
  nlohmann::json config = method.marks;
  config.update(method.fixed);
  config.update({{"base_model_name_or_path", nullptr}, {"task_type", nullptr}, {"inference_mode", true}});
  nlohmann::json targets = nlohmann::json::array();
  nlohmann::json ranks = nlohmann::json::object();
  nlohmann::json alphas = nlohmann::json::object();
  for (const Adapter::Layer& layer : adapter.layers()) {
    if (is_portable(*layer.base.layer)) targets.push_back(layer.base.path);
    if (layer.options.rank != options.rank) ranks[layer.base.path] = layer.options.rank;
    if (alpha_of(layer.options) != alpha_of(options)) alphas[layer.base.path] = number(alpha_of(layer.options));
  }
  config["target_modules"] = targets;
  for (const MethodOption& option : method.options) {
    const auto known = method.portable_options.find(option.name);
    if (known != method.portable_options.end()) config[known->second] = own_value(options, option);
  }
  if (!method.has_rank) return config;
  config.update({{"r", options.rank},
                 {method.alpha_key, number(alpha_of(options))},
                 {"rank_pattern", ranks},
                 {"alpha_pattern", alphas}});
  return config;
}

/// The method's own options that the Python library's file has no place for.
nlohmann::json other_options(const Adapter& adapter) {
  nlohmann::json others = nlohmann::json::object();
  for (const MethodOption& option : adapter.method().options) {
    if (adapter.method().portable_options.contains(option.name)) continue;
    others[option.name] = own_value(adapter.options(), option);
  }
  return others;
}

/// The stored tensors by their names in the file; they share the adapter's memory.
model::TensorMap state_of(const Adapter& adapter) {
  model::TensorMap state;
  for (const auto& [name, tensor] : adapter.state()) state.emplace(std::string(kPrefix) + name, tensor);
  return state;
}

template <class T>
T field(const nlohmann::json& json, const char* key, T fallback, const std::filesystem::path& path) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return fallback;
  return io::json_field<T>(json, key, path.string());
}

const Method& method_of(const nlohmann::json& config, const std::filesystem::path& path) {
  std::vector<std::string> known;
  for (const Method& method : methods()) {
    if (method.makes_model()) continue;
    const auto agrees = [&](const auto& mark) {
      const nlohmann::json found = config.value(mark.key(), nlohmann::json());
      return mark.value() == (found.is_null() ? nlohmann::json(false) : found);
    };
    const auto marks = method.marks.items();
    if (std::all_of(marks.begin(), marks.end(), agrees)) return method;
    known.push_back(method.marks["peft_type"]);
  }
  throw InputError(fmt::format("{}: expected a known peft_type ({}), found {}", path.string(), fmt::join(known, ", "),
                               config.value("peft_type", nlohmann::json()).dump()));
}

/// The Python library's patterns match the end of a path, whole names of modules, and the file's first match counts:
/// in_order is the configuration with its keys as they stand there.
template <class T>
std::vector<std::pair<std::string, T>> read_pattern(const nlohmann::json& config,
                                                    const nlohmann::ordered_json& in_order, const char* key,
                                                    const std::filesystem::path& path) {
  std::vector<std::pair<std::string, T>> patterns;
  const nlohmann::json values = field<nlohmann::json::object_t>(config, key, {}, path);
  const nlohmann::ordered_json names = in_order.value(key, nlohmann::ordered_json());
  for (const auto& [name, ignored] : names.items()) {
    const T value = io::json_field<T>(values, name.c_str(), path.string());
    try {
      (void)layer_pattern(name);
    } catch (const std::regex_error&) {
      throw InputError(fmt::format("{}: '{}': expected regular expressions, found '{}'", path.string(), key, name));
    }
    patterns.emplace_back("(.*\\.)?(" + name + ")", value);
  }
  return patterns;
}

/// What a file says of the method's own options: names are those that they have in it.
void read_own_options(const nlohmann::json& json, const std::map<std::string, std::string>& names,
                      AdapterOptions& options) {
  for (const auto& [option, name] : names) {
    const auto found = json.find(name);
    if (found != json.end() && !found->is_null()) options.own[option] = *found;
  }
}

AdapterOptions read_config(const nlohmann::json& config, const std::filesystem::path& path) {
  if (!config.is_object()) throw InputError(fmt::format("{}: expected a JSON object", path.string()));
  const Method& method = method_of(config, path);
  require_supported_keys(config, path);
  AdapterOptions options;
  options.method = method.name;
  read_own_options(config, method.portable_options, options);
  if (!method.has_rank) return options;
  options.rank = field<std::int64_t>(config, "r", 8, path);  // the Python library's defaults
  options.alpha = field<double>(config, method.alpha_key.c_str(), 8.0, path);
  const nlohmann::ordered_json in_order = nlohmann::ordered_json::parse(read_text_file(path));
  options.rank_pattern = read_pattern<std::int64_t>(config, in_order, "rank_pattern", path);
  options.alpha_pattern = read_pattern<double>(config, in_order, "alpha_pattern", path);
  try {
    check(options);
    (void)scale_of(options);
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", path.string(), error.what()));
  }
  return options;
}

/// The stored tensors by the names that save_adapter() gives them.
model::TensorMap read_tensors(const std::filesystem::path& path) {
  const model::TensorMap stored = model::read_tensor_file(path).tensors;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : stored) names.push_back(name);
  model::TensorMap tensors;
  for (const auto& [name, plain] : plain_tensor_names(names, path)) tensors.emplace(plain, stored.at(name));
  return tensors;
}

/// Layer paths from the names of the stored tensors: each layer has one that ends like this.
std::vector<std::string> read_layers(const std::filesystem::path& path) {
  const io::SafetensorsFile file(path);
  std::vector<std::string> names;
  for (const io::TensorInfo& info : file.tensors()) names.push_back(info.name);
  std::vector<std::string> layers;
  for (const auto& [stored, name] : plain_tensor_names(names, path)) {
    if (!name.starts_with(kPrefix)) {
      throw InputError(
          fmt::format("{}: tensor '{}': expected a name that begins with '{}'", path.string(), name, kPrefix));
    }
    for (const std::string_view suffix : {".lora_A.weight", ".hada_w1_a", ".ia3_l"}) {
      if (!name.ends_with(suffix)) continue;
      layers.push_back(name.substr(kPrefix.size(), name.size() - kPrefix.size() - suffix.size()));
    }
  }
  return layers;
}

/// What the Python library's format has no place for.
void read_extension(const std::filesystem::path& path, AdapterFile& file) {
  const nlohmann::json json = io::read_json(path);
  if (!json.is_object()) throw InputError(fmt::format("{}: expected a JSON object", path.string()));
  file.base_fingerprint = field<std::string>(json, "base_fingerprint", "", path);
  file.provenance = field<nlohmann::json::object_t>(json, "provenance", {}, path);
  const nlohmann::json layers = json.value("layers", nlohmann::json());
  if (!layers.is_object() || json.value("version", nlohmann::json()) != 1) {
    throw InputError(fmt::format("{}: expected 'layers' and version 1 of the format", path.string()));
  }
  file.layers.clear();
  for (const auto& [layer, kind] : layers.items()) file.layers.push_back(layer);
  // Earlier versions wrote the options of all methods here.
  std::map<std::string, std::string> names;
  for (const MethodOption& option : own_options(file.options.method)) names.emplace(option.name, option.name);
  read_own_options(field<nlohmann::json::object_t>(json, "options", {}, path), names, file.options);
  try {
    check(file.options);
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", path.string(), error.what()));
  }
}

void require_base(const AdapterFile& file, const model::Model& model) {
  if (!file.base_fingerprint.empty() && file.base_fingerprint != model.fingerprint) {
    throw MismatchError(
        fmt::format("{}: the adapter was made for the network with fingerprint {}, found {}: choose the "
                    "network that it was made for",
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

/// No memory is taken for a rank that none of a layer's tensors has: each has it as an extent, the tensors of a layer
/// with groups as a multiple of it.
void require_stored_ranks(const AdapterFile& file, const model::Model& model, const model::TensorMap& tensors) {
  if (!find_method(file.options.method).has_rank) return;
  for (const nn::NamedLayer& named : model.backbone->adaptable_layers()) {
    if (std::ranges::find(file.layers, named.path) == file.layers.end()) continue;
    const std::string begin = fmt::format("{}{}.", kPrefix, named.path);
    std::int64_t extent = 0;
    for (auto found = tensors.lower_bound(begin); found != tensors.end() && found->first.starts_with(begin); ++found) {
      for (const std::int64_t size : found->second.sizes()) extent = std::max(extent, size);
    }
    const std::int64_t rank = file.options.for_layer(named.path).rank;
    if (rank > extent * named.layer->groups()) {
      throw InputError(fmt::format("{}: expected tensors of rank {} for layer '{}', found extents up to {}",
                                   file.folder.string(), rank, named.path, extent));
    }
  }
}

}  // namespace

void check_adapter_output(const std::filesystem::path& folder, Overwrite overwrite) {
  check_output_folder(without_slash(folder), overwrite);
  if (!std::filesystem::exists(folder)) return;
  // Replacing means removing: nothing but an adapter is ever removed.
  if (!std::filesystem::exists(folder / kConfigFile)) {
    throw IoError(fmt::format("{}: exists and is no adapter, so it is not replaced", folder.string()));
  }
  for (const char* name : {kConfigFile, kTensorFile, kExtensionFile}) {
    check_output_path(without_slash(folder) / name, Overwrite::kAllow);  // none of them may be read-only
  }
}

void save_adapter(const std::filesystem::path& folder, const Adapter& adapter, const std::string& base_fingerprint,
                  const nlohmann::json& provenance, Overwrite overwrite) {
  if (adapter.method().makes_model()) {
    throw UsageError(fmt::format("method '{}' makes a network, not an adapter", adapter.method().name));
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
                                           {"options", other_options(adapter)},
                                           {"provenance", provenance}});
  model::write_tensor_file(output / kTensorFile, {state_of(adapter), {{"format", "pt"}}}, io::DType::kFloat32);
  output.commit();
}

bool is_adapter_folder(const std::filesystem::path& path) { return std::filesystem::exists(path / kConfigFile); }

AdapterFile read_adapter_file(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) {
    throw IoError(fmt::format("{}: expected an adapter folder, found nothing", folder.string()));
  }
  require_adapter_files(folder);
  AdapterFile file;
  file.folder = folder;
  const nlohmann::json config = io::read_json(folder / kConfigFile);
  file.options = read_config(config, folder / kConfigFile);
  file.layers = read_layers(folder / kTensorFile);
  const std::filesystem::path extension = folder / kExtensionFile;
  if (std::filesystem::exists(extension)) {
    read_extension(extension, file);
    const nlohmann::json portable = config.value("target_modules", nlohmann::json::array());
    std::ranges::copy_if(file.layers, std::back_inserter(file.extensions), [&](const std::string& layer) {
      return std::ranges::find(portable, nlohmann::json(layer)) == portable.end();
    });
  }
  if (file.layers.empty() && find_method(file.options.method).adapt) {
    throw InputError(fmt::format("{}: expected tensors of the method '{}', found none", (folder / kTensorFile).string(),
                                 file.options.method));
  }
  return file;
}

struct LoadedAdapter::Tensors {
  model::TensorMap values;
};

LoadedAdapter::LoadedAdapter(const std::filesystem::path& folder)
    : file_(read_adapter_file(folder)),
      tensors_(std::make_unique<Tensors>(Tensors{read_tensors(folder / kTensorFile)})) {}

LoadedAdapter::~LoadedAdapter() = default;

std::shared_ptr<Adapter> LoadedAdapter::put_on(const model::Model& model) const {
  require_base(file_, model);
  require_stored_ranks(file_, model, tensors_->values);
  std::shared_ptr<Adapter> adapter;
  try {
    adapter = std::make_shared<Adapter>(model.backbone, file_.options, file_.layers);
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", file_.folder.string(), error.what()));
  }
  model::load_state(state_of(*adapter), tensors_->values, (file_.folder / kTensorFile).string());
  return adapter;
}

std::shared_ptr<Adapter> load_adapter(const std::filesystem::path& folder, const model::Model& model) {
  return LoadedAdapter(folder).put_on(model);
}

std::string describe_adapter(const AdapterFile& file) {
  const AdapterOptions& options = file.options;
  const Method& method = find_method(options.method);
  std::string text = fmt::format("{:<15}{} ({})\n", "method", method.name, method.summary);
  if (method.has_rank) {
    const bool is_stabilised = options.own.value("rank_stabilised", false);
    text += fmt::format("{:<15}{}, scale {:.4g}{} (of low-rank methods)\n", "rank", options.rank, scale_of(options),
                        is_stabilised ? ", rank-stabilised" : "");
  }
  text += fmt::format("{:<15}{}\n", "base", file.base_fingerprint.empty() ? "not recorded" : file.base_fingerprint);
  if (!file.layers.empty()) {
    text += fmt::format("{:<15}{} ({})\n", "layers", file.layers.size(), fmt::join(file.layers, ", "));
  }
  if (file.provenance.contains("trainable")) {
    const nlohmann::json& trainable = file.provenance["trainable"];
    text += fmt::format("{:<15}{} ({:.2f} % of its base's)\n", "parameters",
                        nn::format_count(field<std::int64_t>(trainable, "parameters", 0, "provenance")),
                        100.0 * field<double>(trainable, "share", 0.0, "provenance"));
  }
  if (!method.portable()) {
    text += fmt::format("{:<15}not known to Hugging Face PEFT\n", "elsewhere");
  } else if (!file.extensions.empty()) {
    text += fmt::format("{:<15}Hugging Face PEFT leaves out {} of the layers, and its output differs: {}\n",
                        "elsewhere", file.extensions.size(), fmt::join(file.extensions, ", "));
  }
  return text + fmt::format("{:<15}{}\n", "provenance", file.provenance.dump());
}

}  // namespace strataform::peft
