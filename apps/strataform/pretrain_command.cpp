#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>

#include "commands.h"
#include "process.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/nn/backbone.h"
#include "strataform/train/pretrain.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct PretrainArguments {
  TrainingArguments common;
  train::PretrainOptions pretrain;
  std::string backbone_options = "{}";
  std::string families;
};

void run_pretrain(PretrainArguments& arguments, const Context& context) {
  complete_training_options(arguments.common, arguments.pretrain.output);
  if (!arguments.families.empty()) {
    arguments.common.data.stream.families = data::family_shares_from_name(arguments.families);
  }
  train::PretrainOptions options = arguments.pretrain;
  options.data = arguments.common.data;
  options.train = arguments.common.train;
  options.mismatch = arguments.common.mismatch;
  options.storage = storage_from_name(arguments.common.storage);
  try {
    options.backbone_options = io::parse_json(arguments.backbone_options, "--backbone-options");
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
  prepare_for_training(context);
  const train::TrainResult result = train::pretrain(options, {}, context);
  fmt::print("{}\n{}\n", options.output.string(), summarize(result));
}

}  // namespace

void add_pretrain_command(CLI::App& app, const Context& context) {
  auto arguments = std::make_shared<PretrainArguments>();
  arguments->common.data.held_out = 0.02;
  train::PretrainOptions& options = arguments->pretrain;
  CLI::App* command = app.add_subcommand("pretrain", "Train a network on all families, or on one");
  CLI::Option* initial =
      command->add_option("--initial", options.initial, "Start from the weights of this network (and its backbone)");
  command
      ->add_option("--backbone", options.backbone, fmt::format("Backbone: {}", fmt::join(nn::backbone_names(), ", ")))
      ->capture_default_str()
      ->excludes(initial);
  command
      ->add_option("--backbone-options", arguments->backbone_options, "Its options as JSON, {\"width\": 32}: see below")
      ->excludes(initial);
  data::StreamOptions& stream = arguments->common.data.stream;
  CLI::Option* generate = command->add_option(
      "--generate", arguments->families,
      "Train on examples that are simulated meanwhile, instead of --data: \"all\", or families with "
      "weights: style-b=4,flatvel-a; their maps have the training's --seed");
  command
      ->add_option("--generate-examples,--generate-samples", stream.samples,
                   "Their number; they stay in memory, 190 kB each for compact, but for --generate-passes")
      ->capture_default_str()
      ->needs(generate);
  CLI::Option* passes =
      command
          ->add_option("--generate-passes", stream.passes,
                       "Use each of them so often on average, then let it go: memory for --generate-kept is enough")
          ->needs(generate);
  command->add_option("--generate-kept", stream.kept, "How many are in memory at most")
      ->capture_default_str()
      ->needs(passes);
  command->add_option("--generate-first", stream.first, "How many of them are simulated before the training starts")
      ->capture_default_str()
      ->needs(generate);
  command->add_option("--output", options.output, "Network file (.safetensors)")->required();
  add_training_options(*command, arguments->common);
  for (const char* of_folders : {"--data", "--family", "--split", "--limit", "--held-out", "--sample-interval"}) {
    generate->excludes(command->get_option(of_folders));
  }
  command->footer([] {
    return fmt::format("Backbones and their options, of which --backbone-options changes some:\n  {}\n",
                       fmt::join(nn::backbone_summaries(), "\n  "));
  });
  command->callback([arguments, &context] { run_pretrain(*arguments, context); });
}

}  // namespace strataform::app
