#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "refine_run.h"
#include "survey_options.h"

namespace strataform::app {
namespace {

std::string one_of(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

void add_optimizer_options(CLI::App& command, RefineArguments& arguments) {
  refine::RefineOptions& options = arguments.options;
  command.add_option("--optimizer", arguments.optimizer, one_of(refine::optimizer_names()))->capture_default_str();
  command.add_option("--first-step", options.first_step, "lbfgs: largest change in a stage's first step, m/s")
      ->capture_default_str();
  command.add_option("--learning-rate", options.learning_rate, "adam: change of a cell in a step, m/s")
      ->capture_default_str();
  command.add_option("--decay", arguments.decay, "adam, of the learning rate: " + one_of(refine::decay_names()))
      ->capture_default_str();
  command.add_option("--slowest", options.slowest, "Lower bound, m/s")->capture_default_str();
  command.add_option("--fastest", options.fastest, "Upper bound, m/s")->capture_default_str();
  command.add_option("--total-variation", options.total_variation, "Weight that keeps models piecewise smooth")
      ->capture_default_str();
  command.add_option("--tikhonov", options.tikhonov, "Weight that keeps models smooth")->capture_default_str();
  command.add_option("--illumination", options.illumination, "Power by which weakly lit cells move more")
      ->capture_default_str();
  command.add_option("--mask", options.mask, "Cells around sources and receivers that stay as they are")
      ->capture_default_str();
  command.add_option("--storage", arguments.storage, "Of the forward wave: " + one_of(refine::storage_names()))
      ->capture_default_str();
  command.add_option("--storage-step", options.wavefield.every, "every-nth-step: n")->capture_default_str();
  command
      .add_option("--memory", options.wavefield.memory_bytes, "Limit for the wavefields: 512MB (default: as they need)")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
}

void add_output_options(CLI::App& command, RefineArguments& arguments) {
  command.add_option("--run-dir", arguments.run_folder, "Folder of finished models (default: <output>.run)");
  command.add_option("--figures", arguments.figures, "Folder for pictures (PNG) of every model on its way");
  command.add_option("--figure-every", arguments.figure_every, "Gradients between pictures; 0: the last ones alone")
      ->capture_default_str();
  command.add_flag("--resume", arguments.resume, "Go on with the models that are not finished");
  command.add_flag("--force", arguments.force, "Overwrite the output, the pictures and an earlier run");
}

}  // namespace

void add_refine_command(CLI::App& app, const Context& context) {
  auto arguments = std::make_shared<RefineArguments>();
  refine::RefineOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand("refine", "Fit velocity models to the recorded gathers by wave physics");
  command->add_option("--data", arguments->data, "Gathers: .npy [N, shots, samples, receivers]")->required();
  command
      ->add_option("--initial", arguments->initial,
                   "Models to start from, m/s: .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]")
      ->required();
  command->add_option("--output", arguments->output, "Refined models: .npy [N, nz, nx], or [nz, nx] for one")
      ->required();
  command->add_option("--truth", arguments->truth, "True models, to follow the error");
  command->add_option("--gradients", options.gradients, "Gradients for each model, line searches and stages included")
      ->capture_default_str();
  command->add_option("--misfit", arguments->misfit, one_of(refine::misfit_names()))->capture_default_str();
  command->add_option("--frequencies", options.frequencies, "Low-pass frequencies of the stages in Hz; 0: all: 5,10,0")
      ->delimiter(',')
      ->capture_default_str();
  add_optimizer_options(*command, *arguments);
  command->add_option("--estimate", arguments->estimate, "Of the source: " + one_of(refine::source_estimate_names()))
      ->capture_default_str();
  command->add_option("--signal-to-noise", options.signal_to_noise, "Of the data in dB: noise is not fitted");
  add_survey_options(*command, arguments->survey);
  command->remove_option(command->get_option("--samples"));  // the data tell
  add_output_options(*command, *arguments);
  command->callback([arguments, &context] {
    arguments->options.misfit = refine::misfit_from_name(arguments->misfit);
    arguments->options.optimizer = refine::optimizer_from_name(arguments->optimizer);
    arguments->options.decay = refine::decay_from_name(arguments->decay);
    arguments->options.estimate = refine::source_estimate_from_name(arguments->estimate);
    arguments->options.wavefield.storage = refine::storage_from_name(arguments->storage);
    run_refine(*arguments, context);
  });
}

}  // namespace strataform::app
