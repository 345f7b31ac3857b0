#include "strataform/train/finetune.h"

#include <fmt/format.h>

#include "strataform/core/error.h"
#include "strataform/core/version.h"
#include "strataform/nn/device.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::train {
namespace {

nlohmann::json describe(const peft::AdapterOptions& options) {
  nlohmann::json json = {{"method", options.method}};
  if (options.method == "full") return json;
  json.update({{"rank", options.rank},
               {"alpha", options.alpha ? nlohmann::json(*options.alpha) : nlohmann::json()},
               {"rank_stabilised", options.rank_stabilised},
               {"target", options.target},
               {"adapter_seed", options.seed}});
  return json;
}

nlohmann::json provenance(const FinetuneFiles& files, const FinetuneOptions& options, const LoadedData& data,
                          const model::Model& base, const FinetuneResult& result) {
  return {{"program", fmt::format("strataform {}", kVersion)},
          {"command", options.train.command},
          {"kind", "finetune"},
          {"base", {{"file", files.base.filename().string()}, {"fingerprint", base.fingerprint}}},
          {"data", data.description},
          {"adapter", describe(options.adapter)},
          {"trainable", {{"parameters", result.trainable.trainable}, {"share", result.trainable.share()}}},
          {"options", to_json(options.train)},
          {"result", to_json(result.training)}};
}

}  // namespace

TrainOptions finetune_defaults() {
  TrainOptions options;
  options.batch_size = 16;
  options.learning_rate = 2e-3;
  options.warmup_steps = 20;
  options.ema_decay = 0.98;
  options.freeze_batch_norm = true;
  options.validation_steps = 50;
  options.keep_best = true;
  return options;
}

FinetuneResult finetune(const model::Model& model, std::shared_ptr<const data::Dataset> training,
                        std::shared_ptr<const data::Dataset> validation, const FinetuneOptions& options,
                        const TrainCallback& callback) {
  check(options.train);
  if (!options.train.freeze_batch_norm && !peft::find_method(options.adapter.method).file_type.empty()) {
    throw UsageError("--update-batch-norm: an adapter does not store these statistics; expected --method full");
  }
  // Before the adapter, whose tensors are made where the weights are.
  model.backbone->to(nn::device_from_name(options.train.device));
  FinetuneResult result;
  result.adapter = std::make_unique<peft::Adapter>(model.backbone, options.adapter);
  result.trainable = result.adapter->report();

  TrainTask task;
  task.network = model.backbone;
  task.parameters = result.adapter->trainable();
  task.input = model.input;
  task.training = std::move(training);
  task.validation = std::move(validation);
  task.identity = describe(options.adapter);
  task.identity["base"] = model.fingerprint;
  task.identity["training_samples"] = task.training->size();
  task.label = "finetune";
  check(task);
  if (options.announce) options.announce(result.trainable);
  result.training = train(task, options.train, callback);
  return result;
}

TrainResult finetune(const FinetuneFiles& files, const FinetuneOptions& options, const TrainCallback& callback) {
  check(options.train);
  const bool is_model = peft::find_method(options.adapter.method).file_type.empty();
  if (is_model) {
    check_output_path(files.output, options.train.overwrite);
  } else {
    peft::check_adapter_output(files.output, options.train.overwrite);
  }
  model::Model model = model::load_model(files.base);
  const LoadedData data = load_data(files.data);
  const FinetuneResult result = finetune(model, data.training, data.validation, options, callback);

  const nlohmann::json record = provenance(files, options, data, model, result);
  if (is_model) {
    model.provenance = record;
    model.backbone->to(torch::kCPU);
    model::save_model(files.output, model, files.storage, options.train.overwrite);
  } else {
    peft::save_adapter(files.output, *result.adapter, model.fingerprint, record, options.train.overwrite);
  }
  return result.training;
}

}  // namespace strataform::train
