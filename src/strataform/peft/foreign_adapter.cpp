#include "strataform/peft/foreign_adapter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <string_view>

#include "strataform/core/error.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::peft {
namespace {

namespace fs = std::filesystem;

/// Read here, or without influence on the output of a trained adapter: where it came from, how it was initialised and
/// trained, and which layers it was put on, which the tensors tell, too.
constexpr std::array kKnownKeys = {
    "peft_type",
    "peft_version",
    "task_type",
    "auto_mapping",
    "base_model_name_or_path",
    "revision",
    "inference_mode",
    "target_modules",
    "exclude_modules",
    "layers_to_transform",
    "r",
    "lora_alpha",
    "layers_pattern",
    "alpha",
    "rank_pattern",
    "use_rslora",
    "use_dora",
    "alpha_pattern",
    "bias",
    "init_lora_weights",
    "init_weights",
    "lora_dropout",
    "rank_dropout",
    "module_dropout",
    "init_ia3_weights",
    "eva_config",
    "corda_config",
    "lora_ga_config",
    "loftq_config",
    "megatron_config",
    "megatron_core",
    "runtime_config",
    "qalora_group_size",
    "ensure_weight_tying",
};

/// A tensor's own name in the files of Hugging Face PEFT, after the path of its layer, and what follows it there.
struct TensorName {
  std::string_view name;
  std::string_view ending;
};

constexpr std::array kTensorNames = {
    TensorName{"lora_A", ".weight"}, TensorName{"lora_B", ".weight"}, TensorName{"lora_magnitude_vector", ""},
    TensorName{"hada_w1_a", ""},     TensorName{"hada_w1_b", ""},     TensorName{"hada_w2_a", ""},
    TensorName{"hada_w2_b", ""},     TensorName{"ia3_l", ""},
};

/// A stored name taken apart.
struct PlainName {
  std::string name;
  std::string adapter;  ///< empty where the file leaves it out
};

/// "path.lora_A.default.weight" without the adapter's name; other names as they are.
PlainName plain_name(const std::string& stored) {
  for (const TensorName& tensor : kTensorNames) {
    const std::string part = fmt::format(".{}", tensor.name);
    const std::size_t begin = stored.rfind(part);
    if (begin == std::string::npos) continue;
    std::string_view rest = std::string_view(stored).substr(begin + part.size());
    if (rest.ends_with(".weight")) rest.remove_suffix(std::string_view(".weight").size());
    // An adapter's name has no dots: with one this is another name, or the path of a layer that is called so.
    if (!rest.empty() && (rest.front() != '.' || rest.rfind('.') != 0)) continue;
    return {stored.substr(0, begin) + part + std::string(tensor.ending),
            std::string(rest.empty() ? rest : rest.substr(1))};
  }
  return {stored, ""};
}

bool is_pickled_adapter(const fs::path& folder) { return fs::exists(folder / "adapter_model.bin"); }

/// Folders in this one that hold an adapter: where another name than "default" was given to it.
std::vector<std::string> adapters_within(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (fs::is_regular_file(entry.path() / kConfigFile)) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

bool switches_nothing_on(const nlohmann::json& value) {
  const bool is_empty_text = value.is_string() && value.get_ref<const std::string&>().empty();
  return value.is_null() || value == false || value == 0 || is_empty_text || (value.is_structured() && value.empty());
}

}  // namespace

void require_supported_keys(const nlohmann::json& config, const fs::path& path) {
  for (const auto& [key, value] : config.items()) {
    if (std::ranges::find(kKnownKeys, key) != kKnownKeys.end() || switches_nothing_on(value)) continue;
    throw InputError(fmt::format("{}: '{}' is {}, which is not supported and may change the output", path.string(), key,
                                 value.dump()));
  }
  const nlohmann::json bias = config.value("bias", nlohmann::json());
  if (!bias.is_null() && bias != "none") {
    throw InputError(fmt::format(R"({}: 'bias' is {}, only "none" is supported)", path.string(), bias.dump()));
  }
  // Others, as "pissa" and "olora", have taken the first update out of the base's weights.
  const nlohmann::json starts = {nullptr, true, false, "gaussian", "orthogonal", "eva"};
  const nlohmann::json start = config.value("init_lora_weights", nlohmann::json());
  if (std::ranges::find(starts, start) == starts.end()) {
    throw InputError(fmt::format("{}: 'init_lora_weights' is {}, which changes the base: not supported", path.string(),
                                 start.dump()));
  }
}

std::map<std::string, std::string> plain_tensor_names(const std::vector<std::string>& stored, const fs::path& path) {
  std::map<std::string, std::string> names;
  std::set<std::string> plain_names;
  std::set<std::string> adapters;
  for (const std::string& name : stored) {
    if (name.find(".base_layer.") != std::string::npos) {
      throw InputError(
          fmt::format("{}: tensor '{}' is the base's own: expected those of the adapter alone, as "
                      "save_pretrained() of Hugging Face PEFT stores them",
                      path.string(), name));
    }
    const PlainName plain = plain_name(name);
    names.emplace(name, plain.name);
    if (!plain.adapter.empty()) adapters.insert(plain.adapter);
    if (!plain_names.insert(plain.name).second || adapters.size() > 1) {
      throw InputError(fmt::format("{}: tensor '{}': expected the tensors of one adapter, found those of several{}",
                                   path.string(), name,
                                   adapters.empty() ? "" : fmt::format(" ({})", fmt::join(adapters, ", "))));
    }
  }
  return names;
}

void require_adapter_files(const fs::path& folder) {
  if (!fs::is_regular_file(folder / kConfigFile)) {
    const std::vector<std::string> within = adapters_within(folder);
    const std::string where = within.empty() ? "" : fmt::format("; its folders with one: {}", fmt::join(within, ", "));
    throw InputError(
        fmt::format("{}: expected an adapter folder with {}, found none{}", folder.string(), kConfigFile, where));
  }
  if (!fs::is_regular_file(folder / kTensorFile)) {
    throw InputError(fmt::format("{}: expected {}, found {}", folder.string(), kTensorFile,
                                 is_pickled_adapter(folder)
                                     ? "adapter_model.bin, which may hold programs and is not read: store it with "
                                       "save_pretrained(..., safe_serialization=True)"
                                     : "none"));
  }
}

}  // namespace strataform::peft
