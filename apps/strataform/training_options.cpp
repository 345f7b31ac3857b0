#include "training_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "number_options.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/choice.h"
#include "strataform/core/error.h"

namespace strataform::app {
namespace {

/// The command line as it was typed, for the records of a run.
std::string command_line() {
  std::ifstream stream("/proc/self/cmdline", std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!text.empty()) text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

void add_length_and_rate(CLI::App& command, TrainingArguments& arguments) {
  train::TrainOptions& train = arguments.train;
  command.add_option("--steps", train.steps, "Optimiser steps")->capture_default_str();
  command.add_option("--epochs", train.epochs, "Passes over the training samples, instead of --steps")
      ->capture_default_str();
  command.add_option("--max-minutes", train.max_minutes, "End the run, cooled down, after this time");
  command.add_option("--batch-size", train.batch_size, "Samples of one step")->capture_default_str();
  command.add_option("--optimizer", arguments.optimizer, "adamw, or muon for fewer steps at somewhat more time each")
      ->capture_default_str();
  command.add_option("--learning-rate", train.learning_rate, "Peak learning rate")->capture_default_str();
  as_share(command.add_option("--final-share", train.final_share, "Share of the learning rate left at the end"))
      ->capture_default_str();
  command.add_option("--warmup-steps", train.warmup_steps, "Steps of linear warm-up")->capture_default_str();
  command.add_option("--weight-decay", train.weight_decay, "On weights, not on biases and normalisation")
      ->capture_default_str();
  command.add_option("--ema-decay", train.ema_decay, "Decay of the moving average of the weights")
      ->capture_default_str();
  command.add_option("--clip-norm", train.clip_norm, "Largest l2 norm of the gradients; 0: no limit")
      ->capture_default_str();
  command.add_option("--seed", train.seed, "Seed of weights, order and flips")->capture_default_str();
}

void add_machine(CLI::App& command, TrainingArguments& arguments) {
  command.add_option("--device", arguments.train.device, "cpu, cuda or cuda:N")->capture_default_str();
  command.add_option("--precision", arguments.precision, "float32, or bfloat16 by autocast")->capture_default_str();
  command.add_flag("--channels-last", arguments.train.channels_last, "Keep images with the channels last in memory");
}

void add_records(CLI::App& command, TrainingArguments& arguments) {
  train::TrainOptions& train = arguments.train;
  command.add_option("--run-dir", train.run_folder, "Folder of log, scalars and checkpoint (default: <output>.run)");
  command.add_option("--log-steps", train.log_steps, "Steps between two lines of the log")->capture_default_str();
  command.add_option("--checkpoint-minutes", train.checkpoint_minutes, "Time between two checkpoints")
      ->capture_default_str();
  command.add_option("--checkpoint-steps", train.checkpoint_steps, "Steps between two checkpoints; 0: by time alone")
      ->capture_default_str();
  command.add_option("--validation-steps", train.validation_steps, "Steps between two validations")
      ->capture_default_str();
  command.add_option("--validation-limit", train.validation_limit, "Samples that a validation uses")
      ->capture_default_str();
  command.add_flag("--keep-best,!--keep-last", train.keep_best, "Keep the state with the best validation, or the last")
      ->default_str(train.keep_best ? "best" : "last");
  command
      .add_option("--patience-steps", train.patience_steps,
                  "With --keep-best: end the run after so many steps without a better validation; 0: never")
      ->capture_default_str();
  command.add_flag("--resume", train.resume, "Go on from the checkpoint in the run's folder");
  command.add_flag("--force", arguments.force, "Overwrite the output and an earlier run");
}

}  // namespace

void add_training_options(CLI::App& command, TrainingArguments& arguments) {
  command.add_option("--data", arguments.data.folders, "Folders with data sets or caches");
  command.add_option("--family", arguments.data.family, "Train on this family alone");
  command.add_option("--split", arguments.split, "Published part: all, train or test")->capture_default_str();
  command.add_option("--limit", arguments.data.limit, "Use at most so many samples of each family; 0: all")
      ->capture_default_str();
  CLI::Option* validation =
      command.add_option("--validation", arguments.data.validation, "Folder with samples to validate on");
  as_share(command.add_option("--held-out", arguments.data.held_out, "Share of --data to validate on instead: 20%"))
      ->capture_default_str()
      ->excludes(validation);
  command.add_option("--flips", arguments.flips, "Left-right flips at random: never, exact or approximate")
      ->capture_default_str();
  as_share(command.add_option(
               "--augment", arguments.train.augment,
               "Share of the training samples drawn that get noise, muted traces, another amplitude or frequency"))
      ->capture_default_str();
  command
      .add_option("--structure-weight", arguments.train.structure_weight,
                  "Added to the l1 loss on [-1, 1]: so many times 1 - SSIM")
      ->capture_default_str();
  command.add_option("--storage", arguments.storage, "Weights of a model file: f16 or f32")->capture_default_str();
  add_length_and_rate(command, arguments);
  add_machine(command, arguments);
  add_records(command, arguments);
}

void complete_training_options(TrainingArguments& arguments, const std::filesystem::path& output) {
  arguments.data.split = data::split_from_name(arguments.split);
  arguments.train.optimizer = train::optimizer_from_name(arguments.optimizer);
  arguments.train.precision = train::precision_from_name(arguments.precision);
  arguments.train.flips = train::flip_from_name(arguments.flips);
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
      "{} steps, {} samples in {:.1f} min ({:.3f} s per step, {:.0f} samples/s, {:.1f} % of the time "
      "waiting for data), loss {:.1f} m/s, {:.0f} MB of tensors in main memory at most",
      result.steps, result.samples, result.seconds / 60.0, result.seconds_per_step(), result.samples_per_second(),
      100.0 * result.waiting_share(), result.loss, static_cast<double>(result.peak_tensor_bytes) / 1e6);
  if (result.validation) {
    line += fmt::format("\nvalidation MAE {:.1f} m/s on {} samples, weights of step {}", result.validation->mae,
                        result.validation->samples, result.selected_step);
    for (const auto& [family, mae] : result.validation->families) line += fmt::format("\n  {:14} {:7.1f}", family, mae);
  }
  return line;
}

}  // namespace strataform::app
