#include "strataform/study/cell.h"

#include <fmt/format.h>

#include <utility>

#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/json_field.h"
#include "strataform/io/run_folder.h"

namespace strataform::study {
namespace {
namespace fs = std::filesystem;
using io::json_field;
using nlohmann::json;

constexpr const char* kCellFormat = "strataform-study-cell";
constexpr const char* kBase = "base";
constexpr const char* kInput = "input";

json number_or_null(const std::optional<double>& value) { return value ? json(*value) : json(); }

std::optional<double> optional_number(const json& object, const char* member, const std::string& where) {
  if (!object.contains(member) || object[member].is_null()) return std::nullopt;
  return json_field<double>(object, member, where);
}

json to_json(const Outcome& outcome) {
  return {{"samples", outcome.scores.samples},
          {"mae", outcome.scores.mae},
          {"rmse", outcome.scores.rmse},
          {"ssim", outcome.scores.ssim},
          {"mae_m_per_s", outcome.scores.mae_velocity},
          {"rmse_m_per_s", outcome.scores.rmse_velocity},
          {"mixed_mae_m_per_s", outcome.mixed_mae},
          {"forgetting_m_per_s", outcome.forgetting},
          {"validation_mae_m_per_s", number_or_null(outcome.validation_mae)},
          {"learning_rate", outcome.learning_rate},
          {"trained_parameters", outcome.trained_parameters},
          {"trained_share", outcome.trained_share},
          {"peak_bytes", outcome.peak_bytes},
          {"seconds", outcome.seconds},
          {"best_seconds", outcome.best_seconds},
          {"steps", outcome.steps},
          {"selected_step", outcome.selected_step},
          {"machine", outcome.machine}};
}

Outcome outcome_from_json(const json& object, const std::string& where) {
  Outcome outcome;
  outcome.scores.samples = json_field<std::int64_t>(object, "samples", where);
  outcome.scores.mae = json_field<double>(object, "mae", where);
  outcome.scores.rmse = json_field<double>(object, "rmse", where);
  outcome.scores.ssim = json_field<double>(object, "ssim", where);
  outcome.scores.mae_velocity = json_field<double>(object, "mae_m_per_s", where);
  outcome.scores.rmse_velocity = json_field<double>(object, "rmse_m_per_s", where);
  outcome.mixed_mae = json_field<double>(object, "mixed_mae_m_per_s", where);
  outcome.forgetting = json_field<double>(object, "forgetting_m_per_s", where);
  outcome.validation_mae = optional_number(object, "validation_mae_m_per_s", where);
  outcome.learning_rate = json_field<double>(object, "learning_rate", where);
  outcome.trained_parameters = json_field<std::int64_t>(object, "trained_parameters", where);
  outcome.trained_share = json_field<double>(object, "trained_share", where);
  outcome.peak_bytes = json_field<std::int64_t>(object, "peak_bytes", where);
  outcome.seconds = json_field<double>(object, "seconds", where);
  outcome.best_seconds = json_field<double>(object, "best_seconds", where);
  outcome.steps = json_field<std::int64_t>(object, "steps", where);
  outcome.selected_step = json_field<std::int64_t>(object, "selected_step", where);
  if (object.contains("machine")) outcome.machine = json_field<std::string>(object, "machine", where);
  return outcome;
}

/// What data are the same for which cells: "salt test", "salt training of seed 1, 50 samples".
std::string shared_name(const CellKey& key, const std::string& name) {
  if (name == kBase || name == kInput || name == "mixed") return name;
  if (name == "training") return fmt::format("{} training of seed {}, {} examples", key.domain, key.seed, key.size);
  return fmt::format("{} {}", key.domain, name);
}

/// What shared_name() gives, for messages.
std::string text_of(const std::string& what) {
  if (what == kBase) return "the base network";
  return what == kInput ? "the base network's input" : "the data '" + what + "'";
}

}  // namespace

std::string CellKey::name() const {
  if (size == 0) return fmt::format("{}.{}", domain, method);
  return fmt::format("{}.{}.n{}.s{}", domain, method, size, seed);
}

json to_json(const StudyCell& cell) {
  json trials = json::array();
  for (const Trial& trial : cell.trials) {
    trials.push_back({{"learning_rate", trial.learning_rate},
                      {"validation_mae_m_per_s", number_or_null(trial.validation_mae)},
                      {"seconds", trial.seconds}});
  }
  return {{"format", kCellFormat},     {"domain", cell.key.domain},
          {"method", cell.key.method}, {"size", cell.key.size},
          {"seed", cell.key.seed},     {"identity", cell.identity},
          {"trials", trials},          {"outcome", cell.outcome ? to_json(*cell.outcome) : json()},
          {"finished", cell.finished}};
}

StudyCell cell_from_json(const json& object, const std::string& where) {
  if (!object.is_object() || !object.contains("format") || object["format"] != kCellFormat) {
    throw InputError(fmt::format("{}: expected a cell of a study", where));
  }
  StudyCell cell;
  cell.key.domain = json_field<std::string>(object, "domain", where);
  cell.key.method = json_field<std::string>(object, "method", where);
  cell.key.size = json_field<std::int64_t>(object, "size", where);
  cell.key.seed = json_field<std::uint64_t>(object, "seed", where);
  cell.identity = json_field<json::object_t>(object, "identity", where);
  for (const json& trial : json_field<json::array_t>(object, "trials", where)) {
    cell.trials.push_back({json_field<double>(trial, "learning_rate", where),
                           optional_number(trial, "validation_mae_m_per_s", where),
                           json_field<double>(trial, "seconds", where)});
  }
  if (object.contains("outcome") && !object["outcome"].is_null()) {
    cell.outcome = outcome_from_json(object["outcome"], where);
  }
  cell.finished = json_field<bool>(object, "finished", where);
  return cell;
}

json cell_options(const StudyConfig& config, const DomainConfig& domain, const MethodConfig& method) {
  json options = {{"data", to_json(config.data)}, {"domain", to_json(domain)}, {"method", to_json(method)}};
  if (method.kind != MethodKind::kZeroShot) options["training"] = to_json(config.training);
  return options;
}

fs::path CellStore::file_of(const CellKey& key) const { return folder_ / (key.name() + ".json"); }

void CellStore::agree(const std::string& what, const std::string& fingerprint, const std::string& where) {
  const auto [known, is_new] = known_.try_emplace(what, Known{fingerprint, where});
  if (is_new || known->second.fingerprint == fingerprint) return;
  throw MismatchError(
      fmt::format("{}: expected {} with the fingerprint {} of {}, found {}: a study mixes no networks or data; {}",
                  where, text_of(what), known->second.fingerprint, known->second.where, fingerprint, kOtherFolder));
}

void CellStore::agree(const StudyCell& cell, const std::string& where) {
  agree(kBase, json_field<std::string>(cell.identity, kBase, where), where);
  // Cells of earlier versions do not tell.
  if (cell.identity.contains(kInput)) agree(kInput, json_field<std::string>(cell.identity, kInput, where), where);
  const auto data = json_field<std::map<std::string, std::string>>(cell.identity, "data", where);
  for (const auto& [name, fingerprint] : data) agree(shared_name(cell.key, name), fingerprint, where);
}

void CellStore::expect(const CellKey& key, const std::string& name, const std::string& fingerprint) {
  agree(shared_name(key, name), fingerprint, "the study's configuration");
}

void CellStore::check(const StudyCell& cell, const json& options, const std::string& where) {
  const json found = json_field<json::object_t>(cell.identity, "options", where);
  io::require_same_configuration(where, found, options, kOtherFolder);
  agree(cell, where);
}

std::optional<StudyCell> CellStore::load(const CellKey& key, const json& options) {
  const fs::path file = file_of(key);
  if (!fs::exists(file)) return std::nullopt;
  StudyCell cell = cell_from_json(io::read_json(file), file.string());
  if (cell.key != key) throw InputError(fmt::format("{}: expected that cell, found another", file.string()));
  check(cell, options, file.string());
  return cell;
}

void CellStore::save(const StudyCell& cell) {
  const fs::path file = file_of(cell.key);
  agree(cell, file.string());
  fs::create_directories(folder_);
  io::write_json(file, to_json(cell), Overwrite::kAllow);
}

}  // namespace strataform::study
