#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "strataform/data/generate.h"
#include "strataform/figures/contact_sheet.h"
#include "strataform/geology/family.h"
#include "strataform/survey/openfwi.h"

namespace strataform::app {
namespace {

constexpr std::uint64_t kMapsPerRow = 8;

struct GenerateCommand {
  data::GenerateOptions generate;
  std::string family;
  std::filesystem::path contact_sheet;
  bool force = false;
};

/// The first maps of each family.
void write_sheet(const data::GenerateOptions& options, const std::filesystem::path& path) {
  std::vector<figures::SheetRow> rows;
  for (const geology::Family* family : options.families) {
    figures::SheetRow row{.label = family->title()};
    for (std::uint64_t index = 0; index < kMapsPerRow; ++index) {
      row.maps.push_back(geology::generate_map(*family, options.seed, index));
    }
    rows.push_back(std::move(row));
  }
  const survey::Grid grid = survey::openfwi().grid;
  const figures::MapShape shape{static_cast<int>(grid.nz), static_cast<int>(grid.nx), grid.spacing};
  figures::write_contact_sheet(path, rows, {.title = "Generated velocity maps", .shape = shape}, options.overwrite);
}

void run_generate(GenerateCommand& command, const Context& context) {
  command.generate.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  if (command.family == "all") {
    command.generate.families = geology::families();
  } else {
    command.generate.families = {&geology::find_family(command.family)};
  }
  if (!command.contact_sheet.empty()) check_output_path(command.contact_sheet, command.generate.overwrite);
  data::generate_dataset(command.generate, context);
  if (!command.contact_sheet.empty()) write_sheet(command.generate, command.contact_sheet);
}

}  // namespace

void add_generate_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<GenerateCommand>();
  CLI::App* command =
      app.add_subcommand("generate", "Draw velocity maps of a geological family and model their gathers");
  command->add_option("--family", options->family, "Family (flatvel-a, ..., style-b), or all ten with 'all'")
      ->required();
  command->add_option("--count", options->generate.count, "Samples of each family")->capture_default_str();
  command->add_option("--seed", options->generate.seed, "Seed; sample k of a seed is always the same")
      ->capture_default_str();
  command->add_option("--output", options->generate.output, "Folder to write to")->required();
  command->add_flag("--velocity-only", options->generate.velocity_only, "Write velocity maps without gathers");
  command->add_flag("--flip-shot", options->generate.flip_shot,
                    "Add a sixth shot at column 35, for exact left-right flips in training");
  command
      ->add_option("--decimation", options->generate.decimation,
                   "Above 1: write a training cache of means over so many samples, in half precision")
      ->capture_default_str();
  command->add_flag("--force", options->force, "Replace what the folder holds");
  command->add_option("--contact-sheet", options->contact_sheet, "Also draw the first maps of each family (PNG)");
  command->callback([options, &context] { run_generate(*options, context); });
}

}  // namespace strataform::app
