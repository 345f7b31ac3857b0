#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/train/pretrain.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct PretrainArguments {
  TrainingArguments common;
  train::PretrainOptions pretrain;
  std::string backbone_options = "{}";
};

void run_pretrain(PretrainArguments& arguments) {
  complete_training_options(arguments.common, arguments.pretrain.output);
  train::PretrainOptions options = arguments.pretrain;
  options.data = arguments.common.data;
  options.train = arguments.common.train;
  options.storage = storage_from_name(arguments.common.storage);
  try {
    options.backbone_options = io::parse_json(arguments.backbone_options, "--backbone-options");
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
  const train::TrainResult result = train::pretrain(options);
  fmt::print("{}\n{}\n", options.output.string(), summarize(result));
}

}  // namespace

void add_pretrain_command(CLI::App& app) {
  auto arguments = std::make_shared<PretrainArguments>();
  arguments->common.data.held_out = 0.02;
  train::PretrainOptions& options = arguments->pretrain;
  CLI::App* command = app.add_subcommand("pretrain", "Train a model on all families, or on one");
  CLI::Option* initial =
      command->add_option("--initial", options.initial, "Start from the weights of this model (and its backbone)");
  command->add_option("--backbone", options.backbone, "Kind of network: compact or inversionnet")
      ->capture_default_str()
      ->excludes(initial);
  command->add_option("--backbone-options", arguments->backbone_options, "Its options as JSON: {\"width\": 32}")
      ->excludes(initial);
  command->add_option("--output", options.output, "Model file (.safetensors)")->required();
  add_training_options(*command, arguments->common);
  command->callback([arguments] { run_pretrain(*arguments); });
}

}  // namespace strataform::app
