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

/// Puts what the study found best with the method in the place of what the command line leaves open.
void fill_in(const CLI::App& command, train::FinetuneOptions& options) {
  const auto is_given = [&](const char* option) { return command.count(option) > 0; };
  const train::FinetuneOptions best = train::recommended_finetune(options.adapter.method);
  if (!is_given("--rank") && !is_given("--budget")) {
    options.budget = best.budget;
    options.keeps_budget = best.keeps_budget;
  }
  if (!is_given("--target")) options.adapter.target = best.adapter.target;
  if (!is_given("--learning-rate")) options.train.learning_rate = best.train.learning_rate;
  if (!is_given("--steps") && !is_given("--epochs") && !is_given("--max-minutes")) {
    options.train.steps = best.train.steps;
  }
}

/// Says in the help what is filled in.
void describe_what_is_filled_in(CLI::App& command) {
  const auto describe = [&](const char* option, const char* standard, const char* text) {
    command.get_option(option)->default_str(standard)->description(text);
  };
  describe("--rank", "", "Rank of low-rank methods, width of bottlenecks (default: the largest of --budget)");
  describe("--budget", "1%", "The largest rank within this share of the parameters");
  describe("--target", "",
           "Regular expression of layer paths; '': the network's later layers alone (default: all with "
           "lora, else those)");
  describe("--learning-rate", "0.005", "Peak learning rate (default with full: 0.0002)");
  describe("--steps", "160", "Optimiser steps, where neither --epochs nor --max-minutes is given");
}

void run_finetune(const CLI::App& command, FinetuneArguments& arguments, const Context& context) {
  complete_training_options(arguments.common, arguments.files.output);
  train::FinetuneFiles files = arguments.files;
  files.data = arguments.common.data;
  files.storage = storage_from_name(arguments.common.storage);
  train::FinetuneOptions options;
  options.adapter = adapter_options(arguments.adapter);
  options.adapter.seed = arguments.common.train.seed;
  options.budget = arguments.budget;
  options.train = arguments.common.train;
  options.mismatch = arguments.common.mismatch;
  fill_in(command, options);
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
  arguments->common.train.channels_last = true;
  arguments->common.data.held_out = 0.2;
  CLI::App* command = app.add_subcommand("finetune", "Adapt a network to new data by an adapter, or in full");
  command->add_option("--base", arguments->files.base, "Network to adapt (.safetensors)")->required();
  add_adapter_options(*command, arguments->adapter);
  as_share(
      command->add_option("--budget", arguments->budget, "The largest rank within this share of the parameters: 1%"))
      ->excludes(command->get_option("--rank"));
  add_frozen_options(*command, arguments->common);
  command->add_option("--output", arguments->files.output, "Folder of the adapter, or network file with --method full")
      ->required();
  add_training_options(*command, arguments->common);
  describe_what_is_filled_in(*command);
  command->callback([command, arguments, &context] { run_finetune(*command, *arguments, context); });
}

}  // namespace strataform::app
