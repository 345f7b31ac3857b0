#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "adapter_options.h"
#include "commands.h"
#include "described_options.h"
#include "input_options.h"
#include "process.h"
#include "strataform/core/mean.h"
#include "strataform/workflow/adapt_files.h"
#include "survey_options.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct AdaptCommand {
  workflow::AdaptFilesOptions options;
  AdapterArguments adapter;
  SurveyOptions survey;
  bool force = false;
};

void add_file_options(CLI::App& command, AdaptCommand& chosen) {
  workflow::AdaptFilesOptions& options = chosen.options;
  command.add_option("--network,--model", options.model, "Network to adapt (.safetensors)")->required();
  command.add_option("--data", options.data, "Gathers: .npy [N, shots, time samples, receivers]")->required();
  command.add_flag("--each-gather", options.each_gather, "Fit an adapter to each gather, instead of one to all");
  command.add_option("--output", options.output,
                     "Folder of the adapter, or network file with --method full; of adapters with --each-gather");
  command.add_option("--maps", options.maps, "Maps of all gathers, m/s: .npy [N, nz, nx]");
  command.add_option("--truth", options.truth, "True maps, to follow the error");
}

void add_run_options(CLI::App& command, AdaptCommand& chosen) {
  workflow::AdaptFilesOptions& options = chosen.options;
  command.add_option("--run-dir", options.run_dir, "Folder of log and state (default: <output>.run)");
  command.add_option("--figures", options.figures.path, "--each-gather: folder for plots of maps on their way");
  command.add_option("--figure-format", options.figures.format, "png, svg or pdf")->capture_default_str();
  command.add_option("--figure-every", options.figure_every, "Gradients between two plots; 0: the last ones alone")
      ->capture_default_str();
  command.add_flag("--resume", options.resume, "Continue with what is in the run's folder");
  command.add_flag("--force", chosen.force, "Overwrite the output, the plots and an earlier run");
}

void print_result(const workflow::AdaptFilesResult& result) {
  fmt::print("{} gathers, {} gradients in {:.1f} min, {}: misfit {:.4f} > {:.4f}\n", result.gathers, result.gradients,
             result.seconds / 60.0, result.ended, result.first_misfit, result.last_misfit);
  if (result.setbacks > 0) fmt::print("{} times back to the best state, with smaller steps\n", result.setbacks);
  if (result.errors_after.empty()) return;
  fmt::print("{:<10}{:>16}{:>16}\n", "gather", "before (m/s)", "after (m/s)");
  for (std::size_t index = 0; index < result.errors_after.size(); ++index) {
    fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", index, result.errors_before[index], result.errors_after[index]);
  }
  fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", "mean", mean_of(result.errors_before), mean_of(result.errors_after));
}

void run_adapt(AdaptCommand& chosen, const Context& context) {
  workflow::AdaptFilesOptions& options = chosen.options;
  options.overwrite = chosen.force ? Overwrite::kAllow : Overwrite::kRefuse;
  options.adapt.adapter = adapter_options(chosen.adapter);
  options.command = command_line();
  options.modelling = [&chosen](std::int64_t nz, std::int64_t nx) { return make_modelling(chosen.survey, nz, nx); };
  options.announce = [&](const peft::TrainableReport& report) {
    fmt::print("trainable: {}\n", peft::to_string(report, options.adapt.adapter.method));
    std::fflush(stdout);
  };
  prepare_for_training(context);
  print_result(workflow::adapt_files(options, context));
}

}  // namespace

void add_adapt_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<AdaptCommand>();
  adapt::AdaptOptions& adapt = chosen->options.adapt;
  chosen->adapter.adapter = adapt.adapter;
  CLI::App* command = app.add_subcommand("adapt", "Train an adapter on gathers alone, through the wave equation");
  add_file_options(*command, *chosen);
  add_adapter_options(*command, chosen->adapter);
  command->add_option("--adapter", chosen->options.adapter, "Begin with this adapter instead of a fresh one")
      ->excludes(command->get_option("--method"));
  add_described(*command, refine::refine_options(), adapt.physics, adapt::is_of_physics);
  add_described(*command, refine::wavefield_options(), adapt.physics.wavefield);
  add_described(*command, train::train_options(), adapt.train, adapt::is_of_training);
  add_described(*command, adapt::adapt_options(), adapt);
  add_survey_options(*command, chosen->survey);
  command->remove_option(command->get_option("--samples"));  // the data tell
  add_sample_interval(*command, chosen->options.sample_interval, "--time-step");
  add_accept_mismatch(*command, chosen->options.mismatch);
  add_run_options(*command, *chosen);
  command->callback([chosen, &context] { run_adapt(*chosen, context); });
}

}  // namespace strataform::app
