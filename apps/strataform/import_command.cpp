#include <fmt/format.h>

#include <memory>
#include <utility>

#include "commands.h"
#include "strataform/model/import_openfwi.h"

namespace strataform::app {
namespace {

struct ImportCommand {
  model::ImportOptions options;
  std::pair<double, double> data_range;
  bool force = false;
};

void run_import(const ImportCommand& command, const Context& context) {
  model::ImportOptions options = command.options;
  options.data_min = command.data_range.first;
  options.data_max = command.data_range.second;
  options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  model::import_openfwi_checkpoint(options, context);
  fmt::print("{}: imported from {}\n", options.output.string(), options.checkpoint.string());
}

}  // namespace

void add_import_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ImportCommand>();
  CLI::App* command =
      app.add_subcommand("import", "Turn an InversionNet checkpoint of the OpenFWI scripts into a network");
  command->add_option("checkpoint", options->options.checkpoint, "Checkpoint (.pth)")->required();
  command
      ->add_option("--data-range", options->data_range,
                   "Amplitudes MIN MAX, before the logarithm, that became -1 and 1 in its training")
      ->required();
  command->add_option("--output", options->options.output, "Network file (.safetensors)")->required();
  command->add_flag("--force", options->force, "Overwrite the output");
  command->callback([options, &context] { run_import(*options, context); });
}

}  // namespace strataform::app
