#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.h"
#include "described_options.h"
#include "input_options.h"
#include "strataform/core/mean.h"
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
  command.add_option("--run-dir", options.run_dir, "Folder of finished maps (default: <output>.run)");
  command.add_option("--figures", options.figures.path, "Folder for plots of every map on its way");
  command.add_option("--figure-format", options.figures.format, "png, svg or pdf")->capture_default_str();
  command.add_option("--figure-every", options.figure_every, "Gradients between two plots; 0: the last ones alone")
      ->capture_default_str();
  command.add_flag("--resume", options.resume, "Continue with the maps that are not finished");
  command.add_flag("--force", chosen.force, "Overwrite the output, the plots and an earlier run");
}

/// Misfits of the whole band before and after, and errors where the truth is known; the mean of several below.
void print_results(const workflow::RefineFilesResult& result) {
  const bool knows_truth = !result.errors_after.empty();
  const auto print_row = [&](const std::string& name, double misfit_before, double misfit_after, double error_before,
                             double error_after) {
    fmt::print("{:<10}{:>16.4g}{:>16.4g}", name, misfit_before, misfit_after);
    if (knows_truth) fmt::print("{:>18.1f}{:>18.1f}", error_before, error_after);
    fmt::print("\n");
  };
  fmt::print("{:<10}{:>16}{:>16}", "map", "misfit before", "after");
  if (knows_truth) fmt::print("{:>18}{:>18}", "MAE before (m/s)", "after (m/s)");
  fmt::print("\n");
  const auto error = [&](const std::vector<double>& errors, std::size_t index) {
    return knows_truth ? errors[index] : 0.0;
  };
  for (std::size_t index = 0; index < result.misfits_after.size(); ++index) {
    print_row(std::to_string(index), result.misfits_before[index], result.misfits_after[index],
              error(result.errors_before, index), error(result.errors_after, index));
  }
  if (result.models == 1) return;
  print_row("mean", mean_of(result.misfits_before), mean_of(result.misfits_after),
            knows_truth ? mean_of(result.errors_before) : 0.0, knows_truth ? mean_of(result.errors_after) : 0.0);
}

void run_refine(RefineCommand& command, const Context& context) {
  workflow::RefineFilesOptions& options = command.options;
  options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  const data::VelocityFile initial(options.initial);  // for its shape alone
  options.modelling = make_modelling(command.survey, initial.nz(), initial.nx());
  const workflow::RefineFilesResult result = workflow::refine_files(options, context);
  fmt::print("{}: {} velocity maps\n", options.output.string(), result.models);
  print_results(result);
}

}  // namespace

void add_refine_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<RefineCommand>();
  workflow::RefineFilesOptions& options = chosen->options;
  CLI::App* command = app.add_subcommand("refine", "Fit velocity maps to recorded gathers: full-waveform inversion");
  command->add_option("--data", options.data, "Gathers: .npy [N, shots, time samples, receivers]")->required();
  command
      ->add_option("--initial", options.initial, "Starting maps in m/s: .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]")
      ->required();
  command->add_option("--output", options.output, "Refined maps: .npy [N, nz, nx], or [nz, nx] for one")->required();
  command->add_option("--truth", options.truth, "True maps, to follow the error");
  add_described(*command, refine::refine_options(), options.refine);
  add_described(*command, refine::wavefield_options(), options.refine.wavefield);
  add_survey_options(*command, chosen->survey);
  command->remove_option(command->get_option("--samples"));  // the data tell
  add_sample_interval(*command, options.sample_interval, "--time-step");
  add_accept_mismatch(*command, options.mismatch);
  add_output_options(*command, *chosen);
  command->callback([chosen, &context] { run_refine(*chosen, context); });
}

}  // namespace strataform::app
