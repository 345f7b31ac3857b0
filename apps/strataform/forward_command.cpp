#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "input_options.h"
#include "strataform/data/array_files.h"
#include "strataform/io/npy.h"
#include "strataform/workflow/forward_files.h"
#include "survey_options.h"

namespace strataform::app {
namespace {

struct ForwardCommand {
  workflow::ForwardFilesOptions options;
  SurveyOptions survey;
  bool force = false;
};

void run_forward(ForwardCommand& command, const Context& context) {
  workflow::ForwardFilesOptions& options = command.options;
  options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  const data::VelocityFile models(options.velocity);
  options.modelling = make_modelling(command.survey, models.nz(), models.nx());
  const workflow::ForwardFilesResult result = workflow::forward_files(options, context);
  fmt::print("{}: {} float32\n", options.output.string(), io::format_shape(result.shape));
}

CLI::App* add_command(CLI::App& app, const Context& context, const std::shared_ptr<ForwardCommand>& chosen,
                      const char* name, const char* summary) {
  CLI::App* command = app.add_subcommand(name, summary);
  command
      ->add_option("--velocity", chosen->options.velocity,
                   "Velocity maps in m/s: .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]")
      ->required();
  command->add_option("--output", chosen->options.output, "Gathers: .npy [N, shots, time samples, receivers]")
      ->required();
  add_survey_options(*command, chosen->survey);
  add_accept_mismatch(*command, chosen->options.mismatch);
  command->add_flag("--force", chosen->force, "Overwrite the output");
  command->callback([chosen, &context] { run_forward(*chosen, context); });
  return command;
}

}  // namespace

void add_forward_command(CLI::App& app, const Context& context) {
  add_command(app, context, std::make_shared<ForwardCommand>(), "forward", "Simulate the gathers of velocity maps");
}

void add_born_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<ForwardCommand>();
  add_command(app, context, chosen, "born",
              "Simulate how a small change of velocity maps changes their gathers, to first order")
      ->add_option("--change", chosen->options.change, "Changes of the maps in m/s, in the maps' shape")
      ->required();
}

}  // namespace strataform::app
