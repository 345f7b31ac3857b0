#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.h"
#include "process.h"
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
  CLI::App* command = app.add_subcommand("pretrain", "Train a model on all families, or on one");
  CLI::Option* initial =
      command->add_option("--initial", options.initial, "Start from the weights of this model (and its backbone)");
  command->add_option("--backbone", options.backbone, "Kind of network: compact, shotwise or inversionnet")
      ->capture_default_str()
      ->excludes(initial);
  command->add_option("--backbone-options", arguments->backbone_options, "Its options as JSON: {\"width\": 32}")
      ->excludes(initial);
  data::StreamOptions& stream = arguments->common.data.stream;
  CLI::Option* generate =
      command->add_option("--generate", arguments->families,
                          "Train on samples that are modelled meanwhile, instead of --data: \"all\", or families with "
                          "weights: style-b=4,flatvel-a; --seed is that of their maps, too");
  command
      ->add_option("--generate-samples", stream.samples,
                   "How many of them; they stay in memory, 190 kB each for compact, but for --generate-passes")
      ->capture_default_str()
      ->needs(generate);
  CLI::Option* passes =
      command
          ->add_option("--generate-passes", stream.passes,
                       "Draw each of them so often on average, then let it go: memory for --generate-kept is enough")
          ->needs(generate);
  command->add_option("--generate-kept", stream.kept, "How many are in memory at most")
      ->capture_default_str()
      ->needs(passes);
  command->add_option("--generate-first", stream.first, "How many are there when the training starts")
      ->capture_default_str()
      ->needs(generate);
  command->add_option("--output", options.output, "Model file (.safetensors)")->required();
  add_training_options(*command, arguments->common);
  for (const char* of_folders : {"--data", "--family", "--split", "--limit", "--held-out"}) {
    generate->excludes(command->get_option(of_folders));
  }
  command->callback([arguments, &context] { run_pretrain(*arguments, context); });
}

}  // namespace strataform::app
