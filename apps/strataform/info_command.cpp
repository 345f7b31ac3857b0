#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "commands.h"
#include "strataform/workflow/describe_file.h"

namespace strataform::app {

void add_info_command(CLI::App& app, const Context& context) {
  auto path = std::make_shared<std::filesystem::path>();
  CLI::App* command = app.add_subcommand("info", "Tell what a network, adapter, dataset or array is");
  command->add_option("path", *path, "File or folder")->required();
  command->callback([path, &context] { fmt::print("{}", workflow::describe_file(*path, context)); });
}

}  // namespace strataform::app
