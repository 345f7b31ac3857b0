#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.h"
#include "strataform/train/finetune.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct FinetuneArguments {
  TrainingArguments common;
  train::FinetuneFiles files;
  peft::AdapterOptions adapter;
};

void run_finetune(FinetuneArguments& arguments) {
  complete_training_options(arguments.common, arguments.files.output);
  train::FinetuneFiles files = arguments.files;
  files.data = arguments.common.data;
  files.storage = storage_from_name(arguments.common.storage);
  train::FinetuneOptions options;
  options.adapter = arguments.adapter;
  options.adapter.seed = arguments.common.train.seed;
  options.train = arguments.common.train;
  options.announce = [&](const peft::TrainableReport& report) {
    fmt::print("trainable: {}\n", peft::to_string(report, options.adapter.method));
    std::fflush(stdout);
  };
  const train::TrainResult result = train::finetune(files, options);
  fmt::print("{}\n{}\n", files.output.string(), summarize(result));
}

}  // namespace

void add_finetune_command(CLI::App& app) {
  auto arguments = std::make_shared<FinetuneArguments>();
  arguments->common.train = train::finetune_defaults();
  peft::AdapterOptions& adapter = arguments->adapter;
  CLI::App* command = app.add_subcommand("finetune", "Adapt a model to new data by an adapter, or in full");
  command->add_option("--base", arguments->files.base, "Model to adapt (.safetensors)")->required();
  command->add_option("--method", adapter.method, "lora: a low-rank adapter; full: all weights")->capture_default_str();
  command->add_option("--rank", adapter.rank, "Rank of the adapter")->capture_default_str();
  command->add_option("--alpha", adapter.alpha, "Scale of the adapter is alpha / rank (default: twice the rank)");
  command->add_flag("--rank-stabilised", adapter.rank_stabilised, "Scale by alpha / sqrt(rank)");
  command->add_option("--target", adapter.target, "Regular expression of layer paths (default: the backbone's own)");
  command->add_flag("--freeze-batch-norm,!--update-batch-norm", arguments->common.train.freeze_batch_norm,
                    "Keep BatchNorm's statistics (default), or let them follow the new data");
  command->add_option("--output", arguments->files.output, "Folder of the adapter, or model file with --method full")
      ->required();
  add_training_options(*command, arguments->common);
  command->callback([arguments] { run_finetune(*arguments); });
}

}  // namespace strataform::app
