#include "training_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "described_options.h"
#include "input_options.h"
#include "number_options.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/choice.h"
#include "strataform/core/error.h"

namespace strataform::app {
namespace {

/// A network that is pretrained has nothing frozen.
bool is_of_both(const std::string& name) { return name != "freeze_batch_norm" && name != "prefix_cache"; }

}  // namespace

std::string command_line() {
  std::ifstream stream("/proc/self/cmdline", std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!text.empty()) text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

void add_training_options(CLI::App& command, TrainingArguments& arguments) {
  command.add_option("--data", arguments.data.folders, "Folders with datasets or caches");
  command.add_option("--family", arguments.data.family, "Train on this family alone");
  command.add_option("--split", arguments.split, "Published part: all, train or test")->capture_default_str();
  command.add_option("--limit", arguments.data.limit, "At most so many examples of each family; 0: all")
      ->capture_default_str();
  CLI::Option* validation =
      command.add_option("--validation", arguments.data.validation, "Folder with examples to validate on");
  as_share(command.add_option("--held-out", arguments.data.held_out, "Share of --data to validate on instead"))
      ->capture_default_str()
      ->excludes(validation);
  add_sample_interval(command, arguments.data.sample_interval, "the network's, where it has one already");
  add_accept_mismatch(command, arguments.mismatch);
  command.add_option("--storage", arguments.storage, "Weights of a network file: f16 or f32")->capture_default_str();
  train::TrainOptions& train = arguments.train;
  add_described(command, train::train_options(), train, is_of_both);
  command.add_option("--run-dir", train.run_folder, "Folder of log, scalars and checkpoint (default: <output>.run)");
  command.add_flag("--resume", train.resume, "Continue from the checkpoint in the run's folder");
  command.add_flag("--force", arguments.force, "Overwrite the output and an earlier run");
}

void add_frozen_options(CLI::App& command, TrainingArguments& arguments) {
  const auto is_of_finetune = [](const std::string& name) { return !is_of_both(name); };
  add_described(command, train::train_options(), arguments.train, is_of_finetune);
}

void complete_training_options(TrainingArguments& arguments, const std::filesystem::path& output) {
  arguments.data.split = data::split_from_name(arguments.split);
  arguments.train.overwrite = arguments.force ? Overwrite::kAllow : Overwrite::kRefuse;
  arguments.train.command = command_line();
  if (arguments.train.run_folder.empty()) {
    arguments.train.run_folder = path_beside(output, ".run");
    return;
  }
  // What is there is replaced as a whole at the end.
  const auto place = [](const std::filesystem::path& path) { return weakly_canonical(absolute(without_slash(path))); };
  const std::filesystem::path from_output = place(arguments.train.run_folder).lexically_relative(place(output));
  if (from_output.begin()->string() != "..") {
    throw UsageError(
        fmt::format("--run-dir: expected a folder outside of --output, found {}", arguments.train.run_folder.string()));
  }
}

io::DType storage_from_name(const std::string& name) {
  constexpr Choice<io::DType> kStorages[] = {{"f16", io::DType::kFloat16}, {"f32", io::DType::kFloat32}};
  return choose(kStorages, "storage", name);
}

std::string summarize(const train::TrainResult& result) {
  std::string line = fmt::format(
      "{} steps, {} examples in {:.1f} min ({:.3f} s per step, {:.0f} examples/s, {:.1f} % of the time "
      "waiting for data), loss {:.1f} m/s, {:.0f} MB of tensors in main memory at most",
      result.steps, result.samples, result.seconds / 60.0, result.seconds_per_step(), result.samples_per_second(),
      100.0 * result.waiting_share(), result.loss, static_cast<double>(result.peak_tensor_bytes) / 1e6);
  if (result.validation) {
    line += fmt::format("\nvalidation MAE {:.1f} m/s on {} examples, weights of step {}", result.validation->mae,
                        result.validation->samples, result.selected_step);
    for (const auto& [family, mae] : result.validation->families) line += fmt::format("\n  {:14} {:7.1f}", family, mae);
  }
  return line;
}

}  // namespace strataform::app
