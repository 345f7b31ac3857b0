#include <memory>
#include <string>

#include "commands.h"
#include "described_options.h"
#include "strataform/geology/family.h"
#include "strataform/workflow/generate_files.h"

namespace strataform::app {
namespace {

struct GenerateCommand {
  workflow::GenerateFilesOptions options;
  std::string family;
  bool force = false;
};

void run_generate(GenerateCommand& command, const Context& context) {
  data::GenerateOptions& dataset = command.options.dataset;
  dataset.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  if (command.family == "all") {
    dataset.families = geology::families();
  } else {
    dataset.families = {&geology::find_family(command.family)};
  }
  workflow::generate_files(command.options, context);
}

}  // namespace

void add_generate_command(CLI::App& app, const Context& context) {
  const auto chosen = std::make_shared<GenerateCommand>();
  data::GenerateOptions& dataset = chosen->options.dataset;
  CLI::App* command =
      app.add_subcommand("generate", "Generate velocity maps of a geological family and simulate their gathers");
  command->add_option("--family", chosen->family, "Family (flatvel-a, ..., style-b), or all ten with 'all'")
      ->required();
  command->add_option("--count", dataset.count, "Examples of each family")->capture_default_str();
  command->add_option("--seed", dataset.seed, "Seed; example k of a seed is always the same")->capture_default_str();
  command->add_option("--output", dataset.output, "Folder to write to")->required();
  command->add_flag("--velocity-only", dataset.velocity_only, "Write velocity maps without gathers");
  command->add_flag("--flip-shot", dataset.flip_shot,
                    "Add a sixth shot at column 35, for exact left-right flips in training");
  command
      ->add_option("--decimation", dataset.decimation,
                   "Above 1: write a training cache of means over so many time samples, in half precision")
      ->capture_default_str();
  add_described(*command, data::condition_options(), dataset.conditions);
  command->add_flag("--force", chosen->force, "Replace what the folder holds");
  command->add_option("--contact-sheet", chosen->options.contact_sheet,
                      "Also plot the first maps of each family: .png, .svg or .pdf");
  command->callback([chosen, &context] { run_generate(*chosen, context); });
}

}  // namespace strataform::app
