#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

#include "strataform/train/pretrain.h"
#include "strataform/train/train_options.h"

namespace strataform::app {

/// Options that pretrain and finetune share, as the command line gives them.
struct TrainingArguments {
  train::TrainingData data;
  train::TrainOptions train;
  std::string split = "all";
  std::string storage = "f16";
  data::Mismatch mismatch = data::Mismatch::kRefuse;
  bool force = false;
};

/// Adds --data, --steps, --batch-size and so on. The defaults are those that arguments hold at the call.
void add_training_options(CLI::App& command, TrainingArguments& arguments);

/// Adds those options of a training that only `finetune` has, which freezes parts of the network.
void add_frozen_options(CLI::App& command, TrainingArguments& arguments);

/// Completes options.data and options.train from the texts that were parsed. output: what the run's folder is named
/// after unless --run-dir was given. Throws UsageError.
void complete_training_options(TrainingArguments& arguments, const std::filesystem::path& output);

/// The command line as it was typed, for the records of a run.
[[nodiscard]] std::string command_line();

/// "f16" or "f32". Throws UsageError for another name.
io::DType storage_from_name(const std::string& name);

/// One line: steps, speed, loss and validation.
std::string summarize(const train::TrainResult& result);

}  // namespace strataform::app
