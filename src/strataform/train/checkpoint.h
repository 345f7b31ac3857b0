#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "strataform/train/named_tensors.h"
#include "strataform/train/run_state.h"

namespace strataform::train {

/// Writes tensors (float32), state and the options that the state depends on as one .safetensors file.
void write_checkpoint(const std::filesystem::path& path, const NamedTensors& tensors, const RunState& state,
                      const nlohmann::json& identity);

/// The same for a state of any kind.
void write_checkpoint(const std::filesystem::path& path, const NamedTensors& tensors, const nlohmann::json& state,
                      const nlohmann::json& identity);

/// Fills the tensors, which must be those of the file, and returns the state.
/// Throws MismatchError, naming them, when options differ from those of the checkpoint, InputError for a bad file.
RunState read_checkpoint(const std::filesystem::path& path, const NamedTensors& tensors,
                         const nlohmann::json& identity);
nlohmann::json read_checkpoint_state(const std::filesystem::path& path, const NamedTensors& tensors,
                                     const nlohmann::json& identity);

}  // namespace strataform::train
