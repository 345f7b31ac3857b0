#include "help.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strataform::app {
namespace {

struct Group {
  const char* name;
  std::string_view options;  ///< their names, each between spaces
};

constexpr const char* kMethod = "Method";

// In the order of the help. What stands in none of them is a matter of the method.
constexpr Group kGroups[] = {
    {"Input",
     " network base data velocity change initial truth adapter use validation held-out split family limit generate "
     "generate-examples generate-first generate-passes generate-kept sample-interval accept-mismatch data-range "
     "marmousi config from minus index "
     "shot "},
    {"Output",
     " output maps figures figure-every figure-format title examples json contact-sheet velocity-only decimation force "
     "run-dir resume log-steps "
     "checkpoint-minutes checkpoint-steps work report-only hours "},
    {"Survey",
     " spacing time-samples sources source-x source-row source-depth source-count receivers receiver-x receiver-row "
     "receiver-depth receiver-step depth one-sided flip-shot "},
    {"Simulation",
     " time-step frequency absorber absorbing-cells wavelet sponge pml space-order free-surface aperture "},
    {kMethod, ""},
    {"Training",
     " steps epochs max-minutes batch-size learning-rate final-share warmup-steps weight-decay ema-decay clip-norm "
     "flips "
     "augment structure-weight freeze-batch-norm validation-steps validation-limit keep-best patience-steps "},
    {"Device", " device precision channels-last prefix-cache memory storage storage-step threads "},
    {"Other", " help quiet version seed "},
};

// Options whose meaning depends on the command.
struct Exception {
  std::string_view command;
  std::string_view option;
  const char* group;
};
constexpr Exception kExceptions[] = {
    {"refine", "optimizer", kMethod},  {"refine", "learning-rate", kMethod},   {"finetune", "storage", "Output"},
    {"pretrain", "storage", "Output"}, {"adapter merge", "storage", "Output"}, {"adapter unmerge", "storage", "Output"},
    {"cache", "storage", "Output"},    {"invert", "batch-size", "Device"},     {"evaluate", "batch-size", "Device"},
    {"demo", "max-minutes", kMethod},  {"finetune", "optimizer", "Training"},  {"pretrain", "optimizer", "Training"},
    {"generate", "family", kMethod},   {"invert", "slowest", "Output"},
};

struct Example {
  std::string_view command;
  std::string_view text;
};
constexpr Example kExamples[] = {
    {"forward", "strataform forward --velocity maps.npy --output gathers.npy"},
    {"born", "strataform born --velocity maps.npy --change change.npy --output scattered.npy"},
    {"generate", "strataform generate --family all --count 500 --seed 1 --output openfwi"},
    {"cache", "strataform cache --data openfwi --decimation 5 --output cache"},
    {"import", "strataform import checkpoint.pth --data-range -26.95 52.77 --output inversionnet.safetensors"},
    {"pretrain", "strataform pretrain --data cache --max-minutes 30 --output network.safetensors"},
    {"adapt", "strataform adapt --network models/foundation.safetensors --data gathers.npy --output area.lora"},
    {"finetune", "strataform finetune --base models/foundation.safetensors --data area --output area.lora"},
    {"invert",
     "strataform invert --network models/foundation.safetensors --adapter area.lora --data gathers.npy --output "
     "velocity.npy"},
    {"refine",
     "strataform refine --data gathers.npy --initial velocity.npy --pml 20 --fastest 4500 --optimizer newton "
     "--frequencies 8,0 --output refined.npy"},
    {"evaluate", "strataform evaluate --network models/foundation.safetensors --adapter area.lora --data area"},
    {"info", "strataform info models/foundation.safetensors"},
    {"adapter list", "strataform adapter list adapters"},
    {"adapter info", "strataform adapter info area.lora"},
    {"adapter merge",
     "strataform adapter merge --network models/foundation.safetensors --adapter area.lora --output area.safetensors"},
    {"adapter unmerge", "strataform adapter unmerge --network area.safetensors --output foundation.safetensors"},
    {"adapter combine",
     "strataform adapter combine area.lora=0.7 salt.lora=0.3 --network models/foundation.safetensors --output "
     "both.lora"},
    {"adapter convert",
     "strataform adapter convert from_peft --network models/foundation.safetensors --output area.lora"},
    {"plot", "strataform plot velocity.npy --minus truth.npy --output errors.pdf"},
    {"study", "strataform study --config studies/small.toml --output out/study/small-page"},
    {"demo", "strataform demo --max-minutes 0.5"},
};

/// "adapter merge" for what follows the program's name.
std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr || parent->get_parent() == nullptr) return command.get_name();
  return parent->get_name() + " " + command.get_name();
}

std::string_view group_of(const std::string& command, const CLI::Option& option) {
  if (option.get_lnames().empty()) return kMethod;
  const std::string& name = option.get_lnames().front();
  for (const Exception& exception : kExceptions) {
    if (exception.command == command && exception.option == name) return exception.group;
  }
  for (const Group& group : kGroups) {
    if (group.options.find(" " + name + " ") != std::string_view::npos) return group.name;
  }
  return kMethod;
}

class CommandFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string text = make_description(app) + make_usage(app, std::move(name)) + make_positionals(app);
    for (const Group& group : kGroups) text += make_options(*app, group.name);
    return text + make_subcommands(app, mode) + "\n" + make_footer(app);
  }

  /// Others than the first are names of earlier versions, but for those of a flag and of what clears it.
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    const bool is_plain = !is_positional && option->get_fnames().empty() && option->get_snames().empty();
    if (is_plain) return "--" + option->get_lnames().front();
    return CLI::Formatter::make_option_name(option, is_positional);
  }

 private:
  [[nodiscard]] std::string make_options(const CLI::App& app, std::string_view group) const {
    const std::string command = path_of(app);
    const std::vector<const CLI::Option*> options = app.get_options([&](const CLI::Option* option) {
      return option->nonpositional() && !option->get_group().empty() && group_of(command, *option) == group;
    });
    return options.empty() ? "" : make_group(std::string(group), /*is_positional=*/false, options);
  }
};

void arrange(CLI::App& command) {
  command.formatter(std::make_shared<CommandFormatter>());
  const std::string path = path_of(command);
  const auto* const example = std::ranges::find(kExamples, path, &Example::command);
  command.footer(example == std::end(kExamples) ? "" : fmt::format("Example:\n  {}", example->text));
  for (CLI::App* part : command.get_subcommands({})) arrange(*part);
}

}  // namespace

void arrange_help(CLI::App& program) {
  for (CLI::App* command : program.get_subcommands({})) arrange(*command);
}

}  // namespace strataform::app
