#include "strataform/train/train_options.h"

#include <fmt/format.h>

#include <cmath>
#include <regex>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"

namespace strataform::train {
namespace {

constexpr Choice<OptimizerKind> kOptimizers[] = {{"adamw", OptimizerKind::kAdamW}, {"muon", OptimizerKind::kMuon}};
constexpr Choice<Precision> kPrecisions[] = {{"float32", Precision::kFloat32}, {"bfloat16", Precision::kBFloat16}};
constexpr Choice<data::Flip> kFlips[] = {
    {"never", data::Flip::kNever}, {"exact", data::Flip::kExact}, {"approximate", data::Flip::kApproximate}};

void require(bool valid, const char* option, const char* expected, double found) {
  if (!valid) throw UsageError(fmt::format("{}: expected {}, found {}", option, expected, found));
}

}  // namespace

OptimizerKind optimizer_from_name(const std::string& name) { return choose(kOptimizers, "optimizer", name); }
std::string name_of(OptimizerKind optimizer) { return name_of(kOptimizers, optimizer); }

Precision precision_from_name(const std::string& name) { return choose(kPrecisions, "precision", name); }
std::string name_of(Precision precision) { return name_of(kPrecisions, precision); }

data::Flip flip_from_name(const std::string& name) { return choose(kFlips, "flips", name); }
std::string name_of(data::Flip flip) { return name_of(kFlips, flip); }

void check(const TrainOptions& options) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  require(options.steps >= 0, "--steps", "zero or more", number(options.steps));
  require(options.epochs >= 0 && std::isfinite(options.epochs), "--epochs", "zero or more", options.epochs);
  require(options.max_minutes >= 0 && std::isfinite(options.max_minutes), "--max-minutes", "zero or more",
          options.max_minutes);
  if (options.steps == 0 && options.epochs == 0 && options.max_minutes == 0) {
    throw UsageError("the length of the run is missing: give --steps, --epochs or --max-minutes");
  }
  require(options.batch_size >= 1, "--batch-size", "at least 1", number(options.batch_size));
  require(options.learning_rate > 0 && std::isfinite(options.learning_rate), "--learning-rate", "a positive number",
          options.learning_rate);
  require(options.final_share >= 0 && options.final_share <= 1, "--final-share", "a number from 0 to 1",
          options.final_share);
  require(options.warmup_steps >= 0, "--warmup-steps", "zero or more", number(options.warmup_steps));
  require(options.weight_decay >= 0 && std::isfinite(options.weight_decay), "--weight-decay", "zero or more",
          options.weight_decay);
  require(options.ema_decay >= 0 && options.ema_decay < 1, "--ema-decay", "a number from 0 to below 1",
          options.ema_decay);
  require(options.clip_norm >= 0 && std::isfinite(options.clip_norm), "--clip-norm", "zero or more", options.clip_norm);
  require(options.augment >= 0 && options.augment <= 1, "--augment", "a share from 0 to 1", options.augment);
  require(options.structure_weight >= 0 && std::isfinite(options.structure_weight), "--structure-weight",
          "zero or more", options.structure_weight);
  require(options.prefix_cache_bytes >= 0, "--prefix-cache", "zero or more bytes", number(options.prefix_cache_bytes));
  require(options.validation_steps >= 1, "--validation-steps", "at least 1", number(options.validation_steps));
  require(options.validation_limit >= 1, "--validation-limit", "at least 1", number(options.validation_limit));
  require(options.patience_steps >= 0, "--patience-steps", "zero or more", number(options.patience_steps));
  require(options.log_steps >= 1, "--log-steps", "at least 1", number(options.log_steps));
  require(options.checkpoint_minutes >= 0, "--checkpoint-minutes", "zero or more", options.checkpoint_minutes);
  require(options.checkpoint_steps >= 0, "--checkpoint-steps", "zero or more", number(options.checkpoint_steps));
  if (!std::regex_match(options.device, std::regex("cpu|cuda(:[0-9]{1,2})?"))) {
    throw UsageError(fmt::format("--device: expected cpu, cuda or cuda:N, found \"{}\"", options.device));
  }
  if (options.resume && options.run_folder.empty()) {
    throw UsageError("--resume: expected a run folder to resume from, found none");
  }
}

nlohmann::json arithmetic_of(const TrainOptions& options) {
  return {{"steps", options.steps},
          {"epochs", options.epochs},
          {"batch_size", options.batch_size},
          {"optimizer", name_of(options.optimizer)},
          {"learning_rate", options.learning_rate},
          {"final_share", options.final_share},
          {"warmup_steps", options.warmup_steps},
          {"weight_decay", options.weight_decay},
          {"ema_decay", options.ema_decay},
          {"clip_norm", options.clip_norm},
          {"seed", options.seed},
          {"precision", name_of(options.precision)},
          {"channels_last", options.channels_last},
          {"flips", name_of(options.flips)},
          {"augment", options.augment},
          {"structure_weight", options.structure_weight},
          {"freeze_batch_norm", options.freeze_batch_norm},
          {"prefix_cache_bytes", options.prefix_cache_bytes},
          {"keep_best", options.keep_best}};
}

nlohmann::json to_json(const TrainOptions& options) {
  nlohmann::json json = arithmetic_of(options);
  json.update({{"max_minutes", options.max_minutes},
               {"device", options.device},
               {"validation_steps", options.validation_steps},
               {"validation_limit", options.validation_limit},
               {"patience_steps", options.patience_steps},
               {"log_steps", options.log_steps},
               {"checkpoint_minutes", options.checkpoint_minutes},
               {"checkpoint_steps", options.checkpoint_steps}});
  return json;
}

}  // namespace strataform::train
