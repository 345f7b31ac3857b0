#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "number_options.h"
#include "strataform/core/decimal.h"
#include "strataform/core/error.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/peft/merge.h"
#include "strataform/workflow/adapter_list.h"
#include "training_options.h"

namespace strataform::app {
namespace {

namespace fs = std::filesystem;

struct AdapterCommand {
  fs::path model;
  fs::path adapter;
  fs::path output;
  std::string storage = "f32";
  std::vector<std::string> sources;  ///< of combine: ADAPTER=WEIGHT
  std::string how = "concatenation";
  peft::CombineOptions combine;
  bool hf_only = false;
  bool force = false;

  [[nodiscard]] Overwrite overwrite() const { return force ? Overwrite::kAllow : Overwrite::kRefuse; }
};

/// One line for each adapter among the folder's folders.
void print_adapters(const fs::path& folder) {
  const std::vector<workflow::ListedAdapter> adapters = workflow::list_adapters(folder);
  fmt::print("{:<24}{:<20}{:>6}{:>8}{:>10}  {}\n", "adapter", "method", "rank", "layers", "KB", "base");
  for (const workflow::ListedAdapter& adapter : adapters) {
    fmt::print("{:<24}", adapter.folder.filename().string());
    if (!adapter.file) {
      fmt::print("{}\n", adapter.error);
      continue;
    }
    const peft::AdapterFile& file = *adapter.file;
    fmt::print("{:<20}{:>6}{:>8}{:>10.1f}  {}\n", file.options.method, file.options.rank, file.layers.size(),
               static_cast<double>(adapter.bytes) / 1e3,
               file.base_fingerprint.empty() ? "not recorded" : file.base_fingerprint);
  }
}

/// "area.lora=0.5", or a weight of 1 where none is given. The name of a folder may hold '=' itself: "lr=0.01".
void add_source(const std::string& text, peft::CombineOptions& options) {
  const std::size_t split = text.rfind('=');
  const bool is_folder = fs::is_directory(text);
  if (split == std::string::npos || is_folder) {
    if (is_folder && split != std::string::npos && fs::is_directory(text.substr(0, split))) {
      throw UsageError(
          fmt::format("combine: '{0}' is a folder, '{1}' is one, too: write '{0}=1' for the first, "
                      "'{1}/{2}' for the second",
                      text, text.substr(0, split), text.substr(split)));
    }
    options.adapters.emplace_back(text);
    options.weights.push_back(1.0);
    return;
  }
  const std::optional<double> weight = decimal_from(std::string_view(text).substr(split + 1));
  if (!weight) throw UsageError(fmt::format("combine: expected ADAPTER or ADAPTER=WEIGHT, found '{}'", text));
  options.adapters.emplace_back(text.substr(0, split));
  options.weights.push_back(*weight);
}

void run_combine(const AdapterCommand& command, const Context& context) {
  peft::CombineOptions options = command.combine;
  options.how = peft::combination_from_name(command.how);
  for (const std::string& source : command.sources) add_source(source, options);
  peft::combine_adapters(command.model, options, command.output, command.overwrite(), context);
  fmt::print("{}: {} of {} adapters\n", command.output.string(), command.how, options.adapters.size());
}

CLI::App* add_output(CLI::App* command, AdapterCommand& options, const char* what) {
  command->add_option("--output", options.output, what)->required();
  command->add_flag("--force", options.force, "Overwrite the output");
  return command;
}

void add_list_and_info(CLI::App& parent, const std::shared_ptr<AdapterCommand>& options) {
  CLI::App* list = parent.add_subcommand("list", "The adapters in a folder");
  list->add_option("folder", options->adapter, "Folder of adapter folders")->required();
  list->callback([options] { print_adapters(options->adapter); });
  CLI::App* info = parent.add_subcommand("info", "What an adapter is");
  info->add_option("adapter", options->adapter, "Adapter folder")->required();
  info->callback([options] { fmt::print("{}", peft::describe_adapter(peft::read_adapter_file(options->adapter))); });
}

void add_merge_and_unmerge(CLI::App& parent, const std::shared_ptr<AdapterCommand>& options) {
  CLI::App* merge = parent.add_subcommand("merge", "Write a network with the adapter in its weights");
  merge->add_option("--network,--model", options->model, "Network (.safetensors)")->required();
  merge->add_option("--adapter", options->adapter, "Adapter folder")->required();
  merge->add_option("--storage", options->storage, "f16 or f32")->capture_default_str();
  add_output(merge, *options, "Network file (.safetensors)")->callback([options] {
    peft::merge_model(options->model, options->adapter, options->output, storage_from_name(options->storage),
                      options->overwrite());
    fmt::print("{}: {:.1f} MB, the replaced weights among them\n", options->output.string(),
               static_cast<double>(std::filesystem::file_size(options->output)) / 1e6);
  });
  CLI::App* unmerge = parent.add_subcommand("unmerge", "Take a merged adapter out again, bit by bit");
  unmerge->add_option("--network,--model", options->model, "Network that adapter merge wrote (.safetensors)")
      ->required();
  unmerge->add_option("--storage", options->storage, "f16 or f32")->capture_default_str();
  add_output(unmerge, *options, "Network file (.safetensors)")->callback([options] {
    peft::unmerge_model(options->model, options->output, storage_from_name(options->storage), options->overwrite());
    fmt::print("{}\n", options->output.string());
  });
}

void add_combine_and_convert(CLI::App& parent, const std::shared_ptr<AdapterCommand>& options, const Context& context) {
  CLI::App* combine = parent.add_subcommand("combine", "Make one LoRA adapter of several");
  combine->add_option("adapters", options->sources, "Adapter folders with their weights: area.lora=0.7 salt.lora=0.3")
      ->required();
  combine->add_option("--network,--model", options->model, "The adapters' base network (.safetensors)")->required();
  combine->add_option("--how", options->how, fmt::format("{}", fmt::join(peft::combination_names(), ", ")))
      ->capture_default_str();
  combine->add_option("--rank", options->combine.rank,
                      "Rank of svd, ties and dare (default: the largest of the inputs)");
  as_share(combine->add_option("--density", options->combine.density, "Share of entries that ties and dare keep"))
      ->capture_default_str();
  combine->add_option("--seed", options->combine.seed, "Of dare")->capture_default_str();
  add_output(combine, *options, "Adapter folder")->callback([options, &context] { run_combine(*options, context); });

  CLI::App* convert = parent.add_subcommand("convert", "Rewrite an adapter with its base network recorded");
  convert->add_option("adapter", options->adapter, "Adapter folder, of this program or of Hugging Face PEFT")
      ->required();
  convert->add_option("--network,--model", options->model, "Its base network (.safetensors)")->required();
  convert->add_flag("--hf-only", options->hf_only, "Leave out what Hugging Face PEFT cannot adapt");
  add_output(convert, *options, "Adapter folder")->callback([options] {
    peft::convert_adapter({options->model, options->adapter, options->output, options->hf_only, options->overwrite()});
    fmt::print("{}\n", options->output.string());
  });
}

}  // namespace

void add_adapter_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<AdapterCommand>();
  CLI::App* command = app.add_subcommand("adapter", "List, merge, combine and convert adapters");
  command->require_subcommand(1);
  add_list_and_info(*command, options);
  add_merge_and_unmerge(*command, options);
  add_combine_and_convert(*command, options, context);
}

}  // namespace strataform::app
