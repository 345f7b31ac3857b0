#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.h"
#include "strataform/data/cache.h"
#include "training_options.h"

namespace strataform::app {
namespace {

struct CacheCommand {
  data::CacheOptions options;
  std::string split = "all";
  std::string storage = "f16";
  bool force = false;
};

void run_cache(const CacheCommand& command, const Context& context) {
  data::CacheOptions options = command.options;
  options.split = data::split_from_name(command.split);
  options.storage = storage_from_name(command.storage);
  options.overwrite = command.force ? Overwrite::kAllow : Overwrite::kRefuse;
  const std::int64_t samples = data::write_cache(options, context);
  fmt::print("{}: {} examples\n", options.output.string(), samples);
}

}  // namespace

void add_cache_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<CacheCommand>();
  CLI::App* command = app.add_subcommand("cache", "Make a compact copy of a dataset for training");
  command->add_option("--data", options->options.source, "Dataset folder")->required();
  command->add_option("--output", options->options.output, "Folder of the copy; an interrupted run continues there")
      ->required();
  command->add_option("--decimation", options->options.decimation, "Time samples that are averaged to one")
      ->capture_default_str();
  command->add_option("--split", options->split, "all, train or test as published")->capture_default_str();
  command->add_option("--storage", options->storage, "f16, or f32 for amplitudes beyond 6e-5 to 65504")
      ->capture_default_str();
  command->add_option("--family", options->options.family, "One family only");
  command->add_flag("--force", options->force, "Replace files that exist");
  command->callback([options, &context] { run_cache(*options, context); });
}

}  // namespace strataform::app
