#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "input_options.h"
#include "strataform/io/npy.h"
#include "strataform/workflow/invert_files.h"

namespace strataform::app {
namespace {

struct InvertCommand {
  workflow::InvertFilesOptions options;
  bool force = false;
};

void run_invert(InvertCommand& command, const Context& context) {
  command.options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  const workflow::InvertFilesResult result = workflow::invert_files(command.options, context);
  fmt::print("{}: {} float32 in m/s, {:.2f} s\n", command.options.output.string(), io::format_shape(result.shape),
             result.seconds);
}

}  // namespace

void add_invert_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<InvertCommand>();
  workflow::InvertFilesOptions& options = chosen->options;
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
  command->add_option("--truth", options.truth, "True maps (.npy, m/s) to show in the plots");
  command->add_flag("--mirror", options.predict.mirror, "Predict from the mirrored gathers too and take the mean");
  command->add_option(
      "--slowest", options.predict.slowest,
      "Velocity of the maps' slowest ground in m/s, for networks of any survey: 250 makes maps of 250 to "
      "750 m/s where the network knows 1500 to 4500");
  add_sample_interval(*command, options.sample_interval, "the network's");
  add_accept_mismatch(*command, options.mismatch);
  command->add_option("--device", options.device, "cpu, cuda or cuda:N")->capture_default_str();
  command->add_option("--batch-size", options.batch_size, "Examples of a batch")->capture_default_str();
  command->add_flag("--force", chosen->force, "Overwrite the output and the plots");
  command->callback([chosen, &context] { run_invert(*chosen, context); });
}

}  // namespace strataform::app
