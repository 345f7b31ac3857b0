#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.h"
#include "input_options.h"
#include "strataform/workflow/evaluate_files.h"

namespace strataform::app {
namespace {

struct EvaluateCommand {
  workflow::EvaluateFilesOptions options;
  std::string split = "all";
  bool force = false;
};

void run_evaluate(EvaluateCommand& command, const Context& context) {
  command.options.split = data::split_from_name(command.split);
  command.options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  command.options.measured = [](const eval::Evaluation& evaluation) {
    fmt::print("{}", eval::format_table(evaluation));
  };
  workflow::evaluate_files(command.options, context);
}

}  // namespace

void add_evaluate_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<EvaluateCommand>();
  workflow::EvaluateFilesOptions& options = chosen->options;
  CLI::App* command =
      app.add_subcommand("evaluate", "Measure a network on a dataset: MAE, RMSE and SSIM of each family");
  command->add_option("--network,--model", options.model, "Network file (.safetensors)")->required();
  command->add_option("--adapter", options.adapter, "Adapter folder");
  command->add_option("--data", options.data, "Dataset folder, of one family or of family folders")->required();
  command->add_option("--json", options.json, "File for the scores and how they were measured (JSON)");
  command->add_option("--figures", options.figures.path, "Folder for one plot of each family");
  command->add_option("--figure-format", options.figures.format, "png, svg or pdf")->capture_default_str();
  command->add_option("--examples", options.examples, "Examples in each plot")->capture_default_str();
  command->add_option("--split", chosen->split, "all, train or test as published")->capture_default_str();
  command->add_option("--family", options.family, "One family only");
  command->add_option("--limit", options.limit, "At most so many examples of each family; 0: all")
      ->capture_default_str();
  command->add_option("--noise-db", options.noise_db,
                      "Add white noise to the gathers, of this signal-to-noise ratio in dB, over each example's");
  command->add_flag("--mirror", options.evaluation.predict.mirror,
                    "Predict from the mirrored gathers too and take the mean");
  add_sample_interval(*command, options.sample_interval, "the network's");
  add_accept_mismatch(*command, options.mismatch);
  command->add_option("--device", options.device, "cpu, cuda or cuda:N")->capture_default_str();
  command->add_option("--batch-size", options.evaluation.batch_size, "Examples of a batch")->capture_default_str();
  command->add_flag("--force", chosen->force, "Overwrite what is written");
  command->callback([chosen, &context] { run_evaluate(*chosen, context); });
}

}  // namespace strataform::app
