#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "adapter_options.h"
#include "commands.h"
#include "number_options.h"
#include "process.h"
#include "strataform/train/finetune.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct FinetuneArguments {
  TrainingArguments common;
  train::FinetuneFiles files;
  AdapterArguments adapter;
  std::optional<double> budget;
};

void run_finetune(FinetuneArguments& arguments, const Context& context) {
  complete_training_options(arguments.common, arguments.files.output);
  train::FinetuneFiles files = arguments.files;
  files.data = arguments.common.data;
  files.storage = storage_from_name(arguments.common.storage);
  train::FinetuneOptions options;
  options.adapter = adapter_options(arguments.adapter);
  options.adapter.seed = arguments.common.train.seed;
  options.budget = arguments.budget;
  options.train = arguments.common.train;
  options.announce = [&](const peft::TrainableReport& report) {
    fmt::print("trainable: {}\n", peft::to_string(report, options.adapter.method));
    std::fflush(stdout);
  };
  prepare_for_training(context);
  const train::TrainResult result = train::finetune(files, options, {}, context);
  fmt::print("{}\n{}\n", files.output.string(), summarize(result));
}

}  // namespace

void add_finetune_command(CLI::App& app, const Context& context) {
  auto arguments = std::make_shared<FinetuneArguments>();
  arguments->common.train = train::finetune_defaults();
  CLI::App* command = app.add_subcommand("finetune", "Adapt a model to new data by an adapter, or in full");
  command->add_option("--base", arguments->files.base, "Model to adapt (.safetensors)")->required();
  add_adapter_options(*command, arguments->adapter);
  as_share(
      command->add_option("--budget", arguments->budget, "The largest rank within this share of the parameters: 1%"))
      ->excludes(command->get_option("--rank"));
  add_frozen_options(*command, arguments->common);
  command->add_option("--output", arguments->files.output, "Folder of the adapter, or model file with --method full")
      ->required();
  add_training_options(*command, arguments->common);
  command->callback([arguments, &context] { run_finetune(*arguments, context); });
}

}  // namespace strataform::app
