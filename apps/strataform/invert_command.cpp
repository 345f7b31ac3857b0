#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "commands.h"
#include "input_options.h"
#include "process.h"
#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/workflow/invert_and_fit.h"
#include "survey_options.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct InvertCommand {
  workflow::InvertAndFitOptions options = workflow::invert_and_fit_defaults();
  SurveyOptions survey;
  double fastest = options.refine.fastest;
  bool force = false;
  std::vector<const CLI::Option*> of_fit;  ///< options that a prediction alone does not read
};

void print_output(const InvertCommand& command, const std::vector<std::int64_t>& shape, double seconds) {
  fmt::print("{}: {} float32 in m/s, {:.2f} s\n", command.options.invert.output.string(), io::format_shape(shape),
             seconds);
}

void run_fit(InvertCommand& command, const Context& context) {
  workflow::InvertAndFitOptions& options = command.options;
  options.adapt.physics.fastest = command.fastest;
  options.refine.fastest = command.fastest;
  options.command = command_line();
  options.modelling = [&command](std::int64_t nz, std::int64_t nx) { return make_modelling(command.survey, nz, nx); };
  prepare_for_training(context);
  const workflow::InvertAndFitResult result = workflow::invert_and_fit_files(options, context);
  for (const workflow::FittedStage& stage : result.stages) {
    fmt::print("{:<8}{:.3g} % of the misfit left", stage.name, 100.0 * stage.misfit_left);
    if (stage.error_after) fmt::print(", MAE {:.1f} > {:.1f} m/s", *stage.error_before, *stage.error_after);
    fmt::print("\n");
  }
  print_output(command, result.shape, result.seconds);
}

void run_invert(InvertCommand& command, const Context& context) {
  command.options.invert.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  if (command.options.fits()) return run_fit(command, context);
  for (const CLI::Option* option : command.of_fit) {
    if (!option->empty()) throw UsageError(fmt::format("{}: expected --adapt or --refine too", option->get_name()));
  }
  const workflow::InvertFilesResult result = workflow::invert_files(command.options.invert, context);
  print_output(command, result.shape, result.seconds);
}

/// The fit of the maps to the gathers, which only those need who ask for it.
void add_fit_options(CLI::App& command, InvertCommand& chosen) {
  workflow::InvertAndFitOptions& options = chosen.options;
  const CLI::Range gradients(0, 1'000'000);
  command
      .add_option("--adapt", options.adapt.physics.gradients,
                  "Gradients for each gather of an adapter that is fitted to it through the wave equation")
      ->check(gradients);
  command.add_option("--refine", options.refine.gradients, "Gradients for each gather of its map's cells, after that")
      ->check(gradients);
  const std::vector<CLI::Option*> known = command.get_options();
  command.add_option("--fastest", chosen.fastest, "--adapt, --refine: upper bound of the velocity, m/s")
      ->capture_default_str();
  command.add_option("--run-dir", options.run_dir, "--adapt, --refine: folder of the stages (default: <output>.run)");
  command.add_flag("--resume", options.resume, "--adapt, --refine: continue with what is in the run's folder");
  add_survey_options(command, chosen.survey);
  command.remove_option(command.get_option("--samples"));  // the data tell
  for (const CLI::Option* option : command.get_options()) {
    if (std::ranges::find(known, option) == known.end()) chosen.of_fit.push_back(option);
  }
}

}  // namespace

void add_invert_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<InvertCommand>();
  workflow::InvertFilesOptions& options = chosen->options.invert;
  CLI::App* command = app.add_subcommand("invert", "Predict velocity maps from gathers");
  command->add_option("--network,--model", options.model, "Network file (.safetensors)")->required();
  command->add_option("--adapter", options.adapters, "Adapter folder, or several with --use");
  command->add_option("--use", options.use, "For each example the number of its adapter, from 1; 0: the network alone")
      ->delimiter(',');
  command->add_option("--data", options.data, "Gathers: .npy [N, shots, time samples, receivers] or without N")
      ->required();
  command->add_option("--output", options.output, "Maps in m/s: .npy [N, 1, nz, nx], or [1, nz, nx] without N")
      ->required();
  command->add_option("--figures", options.figures.path, "Folder for one plot of each example");
  command->add_option("--figure-format", options.figures.format, "png, svg or pdf")->capture_default_str();
  command->add_option("--truth", options.truth, "True maps (.npy, m/s) to show in the plots, and to follow a fit");
  command->add_flag("--mirror", options.predict.mirror, "Predict from the mirrored gathers too and take the mean");
  command->add_option(
      "--slowest", options.predict.slowest,
      "Velocity of the maps' slowest ground in m/s, for networks of any survey: 250 makes maps of 250 to "
      "750 m/s where the network knows 1500 to 4500");
  add_sample_interval(*command, options.sample_interval, "the network's");
  add_accept_mismatch(*command, options.mismatch);
  command->add_option("--device", options.device, "cpu, cuda or cuda:N")->capture_default_str();
  command->add_option("--batch-size", options.batch_size, "Examples of a batch")->capture_default_str();
  add_fit_options(*command, *chosen);
  command->add_flag("--force", chosen->force, "Overwrite the output, the plots and an earlier run");
  command->callback([chosen, &context] { run_invert(*chosen, context); });
}

}  // namespace strataform::app
