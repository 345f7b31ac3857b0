#include "strataform/study/trial.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "strataform/core/machine.h"
#include "strataform/train/finetune.h"
#include "strataform/train/pretrain.h"

namespace strataform::study {
namespace {

train::TrainOptions run_options(const StudyConfig& config, const MethodConfig& method, const CellData& data,
                                std::uint64_t seed, double learning_rate) {
  const TrainingConfig& training = config.training;
  const std::int64_t steps = steps_for(training, data.training->size());
  train::TrainOptions options = training.options;
  options.steps = std::max<std::int64_t>(1, std::llround(method.steps_factor * static_cast<double>(steps)));
  options.learning_rate = learning_rate;
  options.seed = seed;
  options.validation_steps = std::max<std::int64_t>(1, steps / training.validations);
  options.validation_limit = data.validation->size();
  options.keep_best = true;
  if (method.kind == MethodKind::kScratch) {
    options.freeze_batch_norm = false;
    options.patience_steps = training.patience * options.validation_steps;
  }
  return options;
}

/// When each validation took place, in seconds after the first step began.
using ValidationTimes = std::map<std::int64_t, double>;

train::TrainResult adapt(TrainedModel& trained, const MethodConfig& method, const CellData& data,
                         const train::TrainOptions& options, const train::TrainCallback& callback,
                         const Context& context) {
  train::FinetuneOptions finetune;
  finetune.adapter = method.adapter;
  finetune.adapter.seed = options.seed;
  finetune.budget = method.budget;
  finetune.train = options;
  finetune.mismatch = data::Mismatch::kAccept;  // a domain differs, that is what it is for
  train::FinetuneResult result =
      train::finetune(trained.model, data.training, data.validation, finetune, callback, context);
  trained.adapter = std::move(result.adapter);
  trained.outcome.trained_parameters = result.trainable.trainable;
  trained.outcome.trained_share = result.trainable.share();
  return result.training;
}

train::TrainResult train_from_scratch(TrainedModel& trained, const CellData& data, const train::TrainOptions& options,
                                      const train::TrainCallback& callback, const Context& context) {
  train::PretrainOptions pretrain;
  pretrain.backbone = trained.model.backbone_name();
  pretrain.backbone_options = trained.model.backbone_options();
  pretrain.train = options;
  trained.model = {};  // the base is no part of this training
  train::PretrainedModel result = train::pretrain(pretrain, {data.training, data.validation, {}}, callback, context);
  trained.model = std::move(result.model);
  trained.outcome.trained_parameters = trained.model.parameter_count();
  trained.outcome.trained_share = 1.0;
  return result.training;
}

}  // namespace

TrainedModel train_model(model::Model base, const StudyConfig& config, const MethodConfig& method, const CellData& data,
                         std::uint64_t seed, double learning_rate, const Context& context) {
  const train::TrainOptions options = run_options(config, method, data, seed, learning_rate);
  ValidationTimes times;
  const train::TrainCallback callback = [&times](const train::StepReport& report) {
    if (report.validation) times[report.step] = report.seconds;
  };
  TrainedModel trained;
  trained.model = std::move(base);
  const auto start = std::chrono::steady_clock::now();
  const train::TrainResult result = method.kind == MethodKind::kScratch
                                        ? train_from_scratch(trained, data, options, callback, context)
                                        : adapt(trained, method, data, options, callback, context);
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  Outcome& outcome = trained.outcome;
  outcome.validation_mae = result.validation.value().mae;
  outcome.learning_rate = learning_rate;
  outcome.peak_bytes = result.peak_tensor_bytes;
  outcome.seconds = elapsed - (result.seconds - result.training_seconds);
  outcome.best_seconds = times[result.selected_step];
  outcome.steps = result.steps;
  outcome.selected_step = result.selected_step;
  outcome.machine = machine_name(context.thread_count()) + (options.device == "cpu" ? "" : ", " + options.device);
  return trained;
}

double MixedErrors::mean_without(const std::string& family) const {
  double sum = 0.0;
  double count = 0.0;
  for (const eval::FamilyScores& scores : families) {
    if (scores.family == family) continue;
    sum += scores.scores.mae_velocity;
    count += 1.0;
  }
  return sum / count;
}

MixedErrors mixed_errors(const model::Model& model, const data::Dataset& mixed, const Context& context) {
  return {eval::evaluate(model, mixed, {}, context).families};
}

void score(const model::Model& model, const CellData& data, const DomainConfig& domain, const MixedErrors& base,
           Outcome& outcome, const Context& context) {
  outcome.scores = eval::evaluate(model, *data.test, {}, context).over_samples;
  const std::string own = domain.in_distribution ? domain.family : "";
  outcome.mixed_mae = mixed_errors(model, *data.mixed, context).mean_without(own);
  outcome.forgetting = outcome.mixed_mae - base.mean_without(own);
}

}  // namespace strataform::study
