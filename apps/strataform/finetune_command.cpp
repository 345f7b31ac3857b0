#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.h"
#include "described_options.h"
#include "number_options.h"
#include "process.h"
#include "strataform/core/decimal.h"
#include "strataform/core/error.h"
#include "strataform/train/finetune.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct FinetuneArguments {
  TrainingArguments common;
  train::FinetuneFiles files;
  peft::AdapterOptions adapter;
  std::vector<std::string> rank_patterns;
  std::vector<std::string> alpha_patterns;
  std::optional<double> budget;
};

/// "deconv.*=8": a regular expression and what read() makes of a number. The expression may hold '=' itself.
template <class Read>
auto parse_patterns(const std::vector<std::string>& texts, const char* option, Read read) {
  std::vector<std::pair<std::string, typename decltype(read(std::string_view()))::value_type>> patterns;
  for (const std::string& text : texts) {
    const std::size_t split = text.rfind('=');
    const auto value = split == std::string::npos ? std::nullopt : read(std::string_view(text).substr(split + 1));
    if (!value) throw UsageError(fmt::format("{}: expected LAYERS=NUMBER, found '{}'", option, text));
    patterns.emplace_back(text.substr(0, split), *value);
  }
  return patterns;
}

/// An option of some methods alone: what is given is theirs, what is not has the method's default.
void add_own_option(CLI::App& command, const peft::MethodOption& option, peft::AdapterOptions& adapter) {
  const std::string flag = option_name(option.name);
  const auto keep = [name = option.name, &adapter](const auto& value) { adapter.own[name] = value; };
  if (option.fallback.is_boolean()) {
    command.add_flag_callback(flag, [keep] { keep(true); }, option.help);
  } else if (option.fallback.is_number_integer()) {
    command.add_option_function<std::int64_t>(flag, keep, option.help)->default_str(option.fallback.dump());
  } else if (option.fallback.is_number()) {
    command.add_option_function<double>(flag, keep, option.help)->default_str(option.fallback.dump());
  } else {
    command.add_option_function<std::string>(flag, keep, option.help)->default_str(option.fallback);
  }
}

void run_finetune(FinetuneArguments& arguments, const Context& context) {
  complete_training_options(arguments.common, arguments.files.output);
  train::FinetuneFiles files = arguments.files;
  files.data = arguments.common.data;
  files.storage = storage_from_name(arguments.common.storage);
  train::FinetuneOptions options;
  options.adapter = arguments.adapter;
  options.adapter.seed = arguments.common.train.seed;
  options.adapter.rank_pattern = parse_patterns(arguments.rank_patterns, "--rank-pattern", whole_from);
  options.adapter.alpha_pattern = parse_patterns(arguments.alpha_patterns, "--alpha-pattern", decimal_from);
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
  peft::AdapterOptions& adapter = arguments->adapter;
  CLI::App* command = app.add_subcommand("finetune", "Adapt a model to new data by an adapter, or in full");
  command->add_option("--base", arguments->files.base, "Model to adapt (.safetensors)")->required();
  command
      ->add_option("--method", adapter.method,
                   fmt::format("How to adapt it:\n{}", fmt::join(peft::method_summaries(), "\n")))
      ->capture_default_str();
  add_described(*command, peft::rank_options(), adapter);
  as_share(
      command->add_option("--budget", arguments->budget, "The largest rank within this share of the parameters: 1%"))
      ->excludes(command->get_option("--rank"));
  command->add_option("--rank-pattern", arguments->rank_patterns, "Another rank for some layers: 'deconv.*=8'");
  command->add_option("--alpha-pattern", arguments->alpha_patterns, "Another alpha for some layers: 'deconv.*=16'");
  add_described(*command, peft::layer_options(), adapter);
  for (const peft::MethodOption& option : peft::all_own_options()) add_own_option(*command, option, adapter);
  add_frozen_options(*command, arguments->common);
  command->add_option("--output", arguments->files.output, "Folder of the adapter, or model file with --method full")
      ->required();
  add_training_options(*command, arguments->common);
  command->callback([arguments, &context] { run_finetune(*arguments, context); });
}

}  // namespace strataform::app
