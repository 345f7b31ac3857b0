#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.h"
#include "described_options.h"
#include "strataform/data/array_files.h"
#include "strataform/workflow/refine_files.h"
#include "survey_options.h"

namespace strataform::app {
namespace {

struct RefineCommand {
  workflow::RefineFilesOptions options;
  SurveyOptions survey;
  bool force = false;
};

void add_output_options(CLI::App& command, RefineCommand& chosen) {
  workflow::RefineFilesOptions& options = chosen.options;
  command.add_option("--run-dir", options.run_dir, "Folder of finished models (default: <output>.run)");
  command.add_option("--figures", options.figures.path, "Folder for pictures of every model on its way");
  command.add_option("--figure-format", options.figures.format, "png, svg or pdf")->capture_default_str();
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
  add_described(*command, refine::refine_options(), options.refine);
  add_described(*command, refine::wavefield_options(), options.refine.wavefield);
  add_survey_options(*command, chosen->survey);
  command->remove_option(command->get_option("--samples"));  // the data tell
  add_output_options(*command, *chosen);
  command->callback([chosen, &context] { run_refine(*chosen, context); });
}

}  // namespace strataform::app
