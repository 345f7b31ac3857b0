#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace strataform::peft {

/// Throws InputError, naming the file at path, for an entry of an adapter_config.json that may change the output and is
/// not supported here: those of Hugging Face PEFT, and every unknown one unless its value switches nothing on (null,
/// false, 0 or empty).
void require_supported_keys(const nlohmann::json& config, const std::filesystem::path& path);

/// The names of an adapter's tensors, as they are stored and as Hugging Face PEFT's save_pretrained() spells them:
/// a program that stores the state of the whole adapted network leaves the adapter's name in them, as in
/// "lora_A.default.weight". Throws InputError, naming the file at path, where a tensor is the base's own or where the
/// names tell of more than one adapter.
[[nodiscard]] std::map<std::string, std::string> plain_tensor_names(const std::vector<std::string>& stored,
                                                                    const std::filesystem::path& path);

/// Throws InputError, saying where the adapter may be or how to store it, for a folder without the two files that every
/// adapter has.
void require_adapter_files(const std::filesystem::path& folder);

}  // namespace strataform::peft
