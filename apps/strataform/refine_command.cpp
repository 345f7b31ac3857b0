#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "strataform/data/array_files.h"
#include "strataform/workflow/refine_files.h"
#include "survey_options.h"

namespace strataform::app {
namespace {

/// Names stand for the kinds that the options hold once the command line is read.
struct RefineCommand {
  workflow::RefineFilesOptions options;
  SurveyOptions survey;
  std::string misfit = "l2";
  std::string optimizer = "lbfgs";
  std::string decay = "cosine";
  std::string estimate = "none";
  std::string storage = "checkpoints";
  bool force = false;
};

std::string one_of(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

void add_optimizer_options(CLI::App& command, RefineCommand& chosen) {
  refine::RefineOptions& options = chosen.options.refine;
  command.add_option("--optimizer", chosen.optimizer, one_of(refine::optimizer_names()))->capture_default_str();
  command.add_option("--first-step", options.first_step, "lbfgs: largest change in a stage's first step, m/s")
      ->capture_default_str();
  command.add_option("--learning-rate", options.learning_rate, "adam: change of a cell in a step, m/s")
      ->capture_default_str();
  command.add_option("--decay", chosen.decay, "adam, of the learning rate: " + one_of(refine::decay_names()))
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
  command.add_option("--storage", chosen.storage, "Of the forward wave: " + one_of(refine::storage_names()))
      ->capture_default_str();
  command.add_option("--storage-step", options.wavefield.every, "every-nth-step: n")->capture_default_str();
  command
      .add_option("--memory", options.wavefield.memory_bytes, "Limit for the wavefields: 512MB (default: as they need)")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
}

void add_output_options(CLI::App& command, RefineCommand& chosen) {
  workflow::RefineFilesOptions& options = chosen.options;
  command.add_option("--run-dir", options.run_dir, "Folder of finished models (default: <output>.run)");
  command.add_option("--figures", options.figures, "Folder for pictures (PNG) of every model on its way");
  command.add_option("--figure-every", options.figure_every, "Gradients between pictures; 0: the last ones alone")
      ->capture_default_str();
  command.add_flag("--resume", options.resume, "Go on with the models that are not finished");
  command.add_flag("--force", chosen.force, "Overwrite the output, the pictures and an earlier run");
}

void print_errors(const workflow::RefineFilesResult& result) {
  fmt::print("{:<10}{:>16}{:>16}\n", "model", "before (m/s)", "after (m/s)");
  double before = 0.0;
  double after = 0.0;
  const auto models = static_cast<double>(result.models);
  for (std::size_t index = 0; index < result.errors_after.size(); ++index) {
    fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", index, result.errors_before[index], result.errors_after[index]);
    before += result.errors_before[index] / models;
    after += result.errors_after[index] / models;
  }
  fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", "mean", before, after);
}

void run_refine(RefineCommand& command, const Context& context) {
  workflow::RefineFilesOptions& options = command.options;
  options.refine.misfit = refine::misfit_from_name(command.misfit);
  options.refine.optimizer = refine::optimizer_from_name(command.optimizer);
  options.refine.decay = refine::decay_from_name(command.decay);
  options.refine.estimate = refine::source_estimate_from_name(command.estimate);
  options.refine.wavefield.storage = refine::storage_from_name(command.storage);
  options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  const data::VelocityFile initial(options.initial);
  options.modelling = make_modelling(command.survey, initial.nz(), initial.nx());
  const workflow::RefineFilesResult result = workflow::refine_files(options, context);
  fmt::print("{}: {} models\n", options.output.string(), result.models);
  if (!result.errors_after.empty()) print_errors(result);
}

}  // namespace

void add_refine_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<RefineCommand>();
  workflow::RefineFilesOptions& options = chosen->options;
  CLI::App* command = app.add_subcommand("refine", "Fit velocity models to the recorded gathers by wave physics");
  command->add_option("--data", options.data, "Gathers: .npy [N, shots, samples, receivers]")->required();
  command
      ->add_option("--initial", options.initial,
                   "Models to start from, m/s: .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]")
      ->required();
  command->add_option("--output", options.output, "Refined models: .npy [N, nz, nx], or [nz, nx] for one")->required();
  command->add_option("--truth", options.truth, "True models, to follow the error");
  command
      ->add_option("--gradients", options.refine.gradients,
                   "Gradients for each model, line searches and stages included")
      ->capture_default_str();
  command->add_option("--misfit", chosen->misfit, one_of(refine::misfit_names()))->capture_default_str();
  command
      ->add_option("--frequencies", options.refine.frequencies,
                   "Low-pass frequencies of the stages in Hz; 0: all: 5,10,0")
      ->delimiter(',')
      ->capture_default_str();
  add_optimizer_options(*command, *chosen);
  command->add_option("--estimate", chosen->estimate, "Of the source: " + one_of(refine::source_estimate_names()))
      ->capture_default_str();
  command->add_option("--signal-to-noise", options.refine.signal_to_noise, "Of the data in dB: noise is not fitted");
  add_survey_options(*command, chosen->survey);
  command->remove_option(command->get_option("--samples"));  // the data tell
  add_output_options(*command, *chosen);
  command->callback([chosen, &context] { run_refine(*chosen, context); });
}

}  // namespace strataform::app
