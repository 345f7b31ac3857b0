#include "strataform/train/checkpoint.h"

#include <fmt/format.h>

#include <string>

#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/run_folder.h"
#include "strataform/model/tensor_file.h"

namespace strataform::train {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RunState, step, samples, seconds, training_seconds, waiting_seconds, loss_sum,
                                   loss_count, last_loss, best_step, best_mae, log_bytes, validated_step)

namespace {

constexpr const char* kFormat = "strataform-checkpoint";

/// Earlier versions recorded the options of other methods than the run's as well.
nlohmann::json without_options_of_others(nlohmann::json recorded, const nlohmann::json& identity) {
  for (const char* option : {"rank_stabilised", "bands", "blocks", "statistics"}) {
    if (!identity.contains(option)) recorded.erase(option);
  }
  return recorded;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const NamedTensors& tensors, const RunState& state,
                      const nlohmann::json& identity) {
  write_checkpoint(path, tensors, nlohmann::json(state), identity);
}

void write_checkpoint(const std::filesystem::path& path, const NamedTensors& tensors, const nlohmann::json& state,
                      const nlohmann::json& identity) {
  model::TensorFile file;
  for (const auto& [name, tensor] : tensors) file.tensors.emplace(name, tensor.detach());
  file.metadata = {
      {"format", kFormat}, {"version", "1"}, {"state", io::to_text(state)}, {"identity", io::to_text(identity)}};
  model::write_tensor_file(path, file, io::DType::kFloat32, Overwrite::kAllow);
}

nlohmann::json read_checkpoint_state(const std::filesystem::path& path, const NamedTensors& tensors,
                                     const nlohmann::json& identity) {
  const std::string where = path.string();
  const model::TensorFile file = model::read_tensor_file(path);
  const auto text = [&](const char* key) {
    const auto found = file.metadata.find(key);
    if (found == file.metadata.end()) {
      throw InputError(fmt::format("{}: expected a training checkpoint, found no \"{}\" in its metadata", where, key));
    }
    return found->second;
  };
  if (text("format") != kFormat) {
    throw InputError(fmt::format("{}: expected a training checkpoint, found format \"{}\"", where, text("format")));
  }
  const nlohmann::json recorded = without_options_of_others(io::parse_json(text("identity"), path), identity);
  io::require_same_configuration(path, recorded, identity, "a run cannot resume with another configuration");

  const model::TensorMap state(tensors.begin(), tensors.end());
  model::load_state(state, file.tensors, where);
  return io::parse_json(text("state"), path);
}

RunState read_checkpoint(const std::filesystem::path& path, const NamedTensors& tensors,
                         const nlohmann::json& identity) {
  try {
    nlohmann::json run = read_checkpoint_state(path, tensors, identity);
    // Earlier versions finished every validation that they had begun.
    if (!run.contains("validated_step")) run["validated_step"] = run.at("step");
    return run.get<RunState>();
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: the state of the run is damaged: {}", path.string(), error.what()));
  }
}

}  // namespace strataform::train
