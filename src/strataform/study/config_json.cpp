// The parts of a configuration that decide the numbers in a cell: titles and the length of the study are not among
// them, nor are the learning rates, of which each trial has its own.
#include "strataform/study/config.h"

namespace strataform::study {

nlohmann::json to_json(const MethodConfig& method) {
  if (method.kind == MethodKind::kZeroShot) return {{"kind", name_of(method.kind)}};
  nlohmann::json json = {{"kind", name_of(method.kind)}, {"steps_factor", method.steps_factor}};
  if (method.kind == MethodKind::kScratch) return json;
  json["method"] = method.adapter.method;
  json["target"] = method.adapter.target;
  if (method.budget) {
    json["budget"] = *method.budget;
  } else {
    json["rank"] = method.adapter.rank;
  }
  if (method.adapter.alpha) json["alpha"] = *method.adapter.alpha;
  json.update(method.adapter.own);
  return json;
}

nlohmann::json to_json(const DomainConfig& domain) {
  const auto columns = [](const ColumnRange& range) { return nlohmann::json{range.first, range.last}; };
  nlohmann::json json = {{"kind", domain.in_distribution ? "in" : "out"},
                         {"frequency", domain.conditions.frequency},
                         {"refinement", domain.conditions.refinement},
                         {"muted", domain.conditions.muted}};
  if (domain.conditions.noise_db) json["noise_db"] = *domain.conditions.noise_db;
  if (domain.windows) {
    // Where the file lies does not matter: the fingerprints of the data tell what it held.
    json["windows"] = {{"training", columns(domain.windows->training)},
                       {"validation", columns(domain.windows->validation)},
                       {"test", columns(domain.windows->test)}};
  } else {
    json["family"] = domain.family;
  }
  return json;
}

nlohmann::json to_json(const DataConfig& data) {
  return {{"validation", data.validation},
          {"test", data.test},
          {"mixed", data.mixed},
          {"seed", data.seed},
          {"flip_shot", data.flip_shot}};
}

nlohmann::json to_json(const TrainingConfig& training) {
  nlohmann::json json = train::arithmetic_of(training.options);
  // These belong to a run.
  for (const char* key : {"steps", "epochs", "learning_rate", "seed", "freeze_batch_norm", "keep_best"})
    json.erase(key);
  json.update({{"passes", training.passes},
               {"min_steps", training.min_steps},
               {"max_steps", training.max_steps},
               {"validations", training.validations},
               {"patience", training.patience}});
  if (training.options.device != "cpu") json["device"] = training.options.device;
  return json;
}

}  // namespace strataform::study
