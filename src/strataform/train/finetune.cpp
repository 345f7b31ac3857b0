#include "strataform/train/finetune.h"

#include <fmt/format.h>

#include "strataform/core/error.h"
#include "strataform/core/version.h"
#include "strataform/nn/backbone.h"
#include "strataform/nn/device.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/train/trainer.h"

namespace strataform::train {
namespace {

nlohmann::json provenance(const FinetuneFiles& files, const FinetuneOptions& options, const LoadedData& data,
                          const model::Model& base, const FinetuneResult& result) {
  return {{"program", fmt::format("strataform {}", kVersion)},
          {"command", options.train.command},
          {"kind", "finetune"},
          {"base", {{"file", files.base.filename().string()}, {"fingerprint", base.fingerprint}}},
          {"data", data.description},
          {"adapter", peft::to_json(result.adapter->options())},
          {"trainable", {{"parameters", result.trainable.trainable}, {"share", result.trainable.share()}}},
          {"options", to_json(options.train)},
          {"result", to_json(result.training)}};
}

/// The rank that a budget allows in place of the one that was given.
peft::AdapterOptions within(const std::optional<double>& budget, peft::AdapterOptions adapter,
                            const model::Model& model) {
  if (budget) adapter.rank = peft::rank_within(model.backbone, adapter, *budget);
  return adapter;
}

peft::AdapterOptions adapter_of(const FinetuneOptions& options, const model::Model& model) {
  if (options.budget && !options.keeps_budget) {
    peft::AdapterOptions smallest = options.adapter;
    smallest.rank = 1;
    if (peft::Adapter(model.backbone, smallest).report().share() > *options.budget) return smallest;
  }
  return within(options.budget, options.adapter, model);
}

}  // namespace

TrainOptions finetune_defaults() {
  TrainOptions options;
  options.batch_size = 8;
  options.learning_rate = 5e-3;
  options.warmup_steps = 20;
  options.ema_decay = 0.98;
  options.freeze_batch_norm = true;
  options.prefix_cache_bytes = std::int64_t{1} << 30;
  options.validation_steps = 25;
  options.keep_best = true;
  return options;
}

FinetuneOptions recommended_finetune(const std::string& method) {
  constexpr double kFullLearningRate = 2e-4;
  constexpr double kBudget = 0.01;
  const peft::Method& chosen = peft::find_method(method);
  FinetuneOptions options;
  options.adapter.method = method;
  if (method == "lora") options.adapter.target = ".*";
  if (chosen.has_rank) options.budget = kBudget;
  options.keeps_budget = false;
  options.train = finetune_defaults();
  options.train.steps = 160;
  if (chosen.makes_model()) options.train.learning_rate = kFullLearningRate;
  return options;
}

void check_adapter(const model::Model& model, const peft::AdapterOptions& adapter,
                   const std::optional<double>& budget) {
  (void)peft::Adapter(model.backbone, within(budget, adapter, model));
}

FinetuneResult finetune(const model::Model& model, std::shared_ptr<const data::Dataset> training,
                        std::shared_ptr<const data::Dataset> validation, const FinetuneOptions& options,
                        const TrainCallback& callback, const Context& context) {
  check(options.train);
  const peft::AdapterOptions adapter = adapter_of(options, model);
  TrainOptions train_options = options.train;
  const peft::Method& method = peft::find_method(adapter.method);
  const bool stores_statistics = method.own_tensors && !method.own_tensors(*model.backbone, adapter).statistics.empty();
  if (stores_statistics) train_options.freeze_batch_norm = false;
  if (!train_options.freeze_batch_norm && !method.makes_model() && !stores_statistics) {
    throw UsageError(
        "`update_batch_norm`: an adapter does not store these statistics; expected the method full, or norm with "
        "`statistics`");
  }
  // Before the adapter, whose tensors are made where the weights are.
  model.backbone->to(nn::device_from_name(train_options.device));
  FinetuneResult result;
  result.adapter = std::make_shared<peft::Adapter>(model.backbone, adapter);
  result.trainable = result.adapter->report();

  TrainTask task;
  task.network = model.backbone;
  task.parameters = result.adapter->trainable();
  task.input = model.input;
  task.training = std::move(training);
  task.validation = std::move(validation);
  task.identity = peft::to_json(adapter);
  task.identity["base"] = model.fingerprint;
  task.identity["training_samples"] = task.training->size();
  task.identity["training"] = data::fingerprint_of(*task.training, kFingerprintSamples);
  if (task.validation != nullptr) {
    task.identity["validation"] = data::fingerprint_of(*task.validation, kFingerprintSamples);
  }
  task.label = "finetune";
  check(task);
  data::check_compatible(task.input, task.training->gather_shape(), task.training->name());
  report(data::input_findings(*task.training, task.input), task.training->name(), options.mismatch, context);
  if (options.announce) options.announce(result.trainable);
  result.training = train(task, train_options, callback, context);
  return result;
}

TrainResult finetune(const FinetuneFiles& files, const FinetuneOptions& options, const TrainCallback& callback,
                     const Context& context) {
  check(options.train);
  const bool is_model = peft::find_method(options.adapter.method).makes_model();
  if (is_model) {
    check_output_path(files.output, options.train.overwrite);
  } else {
    peft::check_adapter_output(files.output, options.train.overwrite);
  }
  model::Model model = model::load_model(files.base);
  const LoadedData data = load_data(files.data, context, model.input.time_step);
  const FinetuneResult result = finetune(model, data.training, data.validation, options, callback, context);

  const nlohmann::json record = provenance(files, options, data, model, result);
  if (is_model) {
    model.unmerged = nullptr;  // what it was merged from is no longer below these weights
    model.provenance = record;
    model.backbone->to(torch::kCPU);
    model::save_model(files.output, model, files.storage, options.train.overwrite);
  } else {
    peft::save_adapter(files.output, *result.adapter, model.fingerprint, record, options.train.overwrite);
  }
  return result.training;
}

}  // namespace strataform::train
