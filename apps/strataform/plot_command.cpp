#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>

#include "commands.h"
#include "strataform/workflow/plot_file.h"

namespace strataform::app {
namespace {

struct PlotCommand {
  workflow::PlotOptions options;
  std::string kind = "guess";
  bool force = false;
};

void run_plot(PlotCommand& command, const Context& context) {
  command.options.kind = workflow::plot_kind_from_name(command.kind);
  command.options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  const std::string words = workflow::plot_file(command.options, context);
  fmt::print("{}: {}\n", command.options.output.string(), words);
}

}  // namespace

void add_plot_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<PlotCommand>();
  workflow::PlotOptions& options = chosen->options;
  CLI::App* command = app.add_subcommand("plot", "Plot an array (.npy) or what an adapter changes");
  command->add_option("file", options.file, "Velocity maps, gathers, sections, a trace (.npy), or an adapter folder")
      ->required();
  command->add_option("--output", options.output, "The picture: .png, .svg or .pdf")->required();
  command
      ->add_option("--kind", chosen->kind,
                   fmt::format("What the array holds: {}", fmt::join(workflow::plot_kind_names(), ", ")))
      ->capture_default_str();
  command->add_option("--minus", options.minus,
                      "The truth (.npy): plot it, the prediction FILE, and prediction - truth");
  command->add_option("--gain", options.gain, "Of a gather: multiply by time to this power (default: 2; 0: none)");
  command->add_flag("--spectrum", options.spectrum, "Of a gather or trace: plot amplitude over frequency");
  command->add_option("--index", options.index, "Example in an array of several, from 0")->capture_default_str();
  command->add_option("--shot", options.shot, "Shot of a gather, from 1 (default: the middle one)");
  command->add_option("--spacing", options.spacing, "Cell size in m (default: dataset.json's, else 10)");
  command->add_option("--time-step", options.time_step, "Sample interval in s (default: dataset.json's, else 0.001)");
  command->add_option("--network,--model", options.model, "Of an adapter folder: its network (.safetensors)");
  command->add_option("--title", options.title, "Written above the picture");
  command->add_flag("--force", chosen->force, "Overwrite the output");
  command->callback([chosen, &context] { run_plot(*chosen, context); });
}

}  // namespace strataform::app
