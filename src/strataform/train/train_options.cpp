#include "strataform/train/train_options.h"

#include <fmt/format.h>

#include <regex>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"

namespace strataform::train {
namespace {

constexpr Choice<OptimizerKind> kOptimizers[] = {{"adamw", OptimizerKind::kAdamW}, {"muon", OptimizerKind::kMuon}};
constexpr Choice<Precision> kPrecisions[] = {{"float32", Precision::kFloat32}, {"bfloat16", Precision::kBFloat16}};
constexpr Choice<data::Flip> kFlips[] = {
    {"never", data::Flip::kNever}, {"exact", data::Flip::kExact}, {"approximate", data::Flip::kApproximate}};

using Option = io::Option<TrainOptions>;

std::vector<Option> what_a_step_computes() {
  using T = TrainOptions;
  return {
      {"flips", "Left-right flips at random: never, exact or approximate", io::named(&T::flips, kFlips)},
      {"augment", "Share of the training examples that get noise, muted traces, another amplitude or frequency",
       &T::augment, io::kShare},
      {"structure_weight", "Added to the l1 loss on [-1, 1]: so many times 1 - SSIM", &T::structure_weight,
       io::kZeroOrMore},
      {"steps", "Optimiser steps", &T::steps, io::kZeroOrMore},
      {"epochs", "Passes over the training examples, instead of `steps`", &T::epochs, io::kZeroOrMore},
      {"max_minutes", "End the run, cooled down, after this time; 0: no limit", &T::max_minutes, io::kZeroOrMore,
       "no two runs take the same time"},
      {"batch_size", "Examples of one step", &T::batch_size, io::kAtLeastOne},
      {"optimizer", "adamw, or muon for fewer steps at somewhat more time each", io::named(&T::optimizer, kOptimizers)},
      {"learning_rate", "Peak learning rate", &T::learning_rate, io::kPositive},
      {"final_share", "Share of the learning rate left at the end", &T::final_share, io::kShare},
      {"warmup_steps", "Steps of linear warm-up", &T::warmup_steps, io::kZeroOrMore},
      {"weight_decay", "On weights, not on biases and normalisation", &T::weight_decay, io::kZeroOrMore},
      {"ema_decay", "Decay of the moving average of the weights", &T::ema_decay, io::kBelowOne},
      {"clip_norm", "Largest l2 norm of the gradients; 0: no limit", &T::clip_norm, io::kZeroOrMore},
      {"seed", "Seed of weights, order and flips", &T::seed},
      {.name = "freeze_batch_norm",
       .help = "Keep BatchNorm's statistics (default), or let them follow the new data",
       .member = &T::freeze_batch_norm,
       .opposite = "update_batch_norm"},
      {.name = "prefix_cache",
       .help =
           "Memory for the activations in front of the trained layers, computed once for each example (512MB); 0: in "
           "every step",
       .member = &T::prefix_cache_bytes,
       .range = io::kZeroOrMore,
       .key = "prefix_cache_bytes",
       .is_size = true}};
}

std::vector<Option> where_it_computes() {
  using T = TrainOptions;
  return {{"device", "cpu, cuda or cuda:N", &T::device, {}, "a run may move to another device"},
          {"precision", "float32, or bfloat16 by autocast", io::named(&T::precision, kPrecisions)},
          {"channels_last", "Keep images with the channels last in memory", &T::channels_last}};
}

std::vector<Option> what_is_kept_of_it() {
  using T = TrainOptions;
  const char* const seen = "how often a run is looked at changes no step";
  return {{"log_steps", "Steps between two lines of the log", &T::log_steps, io::kAtLeastOne, seen},
          {"checkpoint_minutes", "Time between two checkpoints", &T::checkpoint_minutes, io::kZeroOrMore, seen},
          {"checkpoint_steps", "Steps between two checkpoints; 0: by time alone", &T::checkpoint_steps, io::kZeroOrMore,
           seen},
          {"validation_steps", "Steps between two validations", &T::validation_steps, io::kAtLeastOne, seen},
          // With keep_best, where errors are compared, the trainer asks for the same.
          {"validation_limit", "Examples that a validation uses", &T::validation_limit, io::kAtLeastOne, seen},
          {.name = "keep_best",
           .help = "Keep the state with the best validation, or the last",
           .member = &T::keep_best,
           .opposite = "keep_last"},
          {"patience_steps", "With `keep_best`: end the run after so many steps without a better validation; 0: never",
           &T::patience_steps, io::kZeroOrMore, "it ends a run and changes no step before"}};
}

}  // namespace

OptimizerKind optimizer_from_name(const std::string& name) { return choose(kOptimizers, "optimizer", name); }
std::string name_of(OptimizerKind optimizer) { return name_of(kOptimizers, optimizer); }

Precision precision_from_name(const std::string& name) { return choose(kPrecisions, "precision", name); }
std::string name_of(Precision precision) { return name_of(kPrecisions, precision); }

data::Flip flip_from_name(const std::string& name) { return choose(kFlips, "flips", name); }
std::string name_of(data::Flip flip) { return name_of(kFlips, flip); }

const std::vector<Option>& train_options() {
  static const std::vector<Option> all = [] {
    std::vector<Option> joined = what_a_step_computes();
    for (const auto& part : {where_it_computes(), what_is_kept_of_it()}) {
      joined.insert(joined.end(), part.begin(), part.end());
    }
    return joined;
  }();
  return all;
}

void check(const TrainOptions& options) {
  io::check_all(train_options(), options);
  if (options.steps == 0 && options.epochs == 0 && options.max_minutes == 0) {
    throw UsageError("the length of the run is missing: give `steps`, `epochs` or `max_minutes`");
  }
  if (!std::regex_match(options.device, std::regex("cpu|cuda(:[0-9]{1,2})?"))) {
    throw UsageError(fmt::format("`device`: expected cpu, cuda or cuda:N, found \"{}\"", options.device));
  }
  if (options.resume && options.run_folder.empty()) {
    throw UsageError("`resume`: expected a run folder to resume from, found none");
  }
}

nlohmann::json arithmetic_of(const TrainOptions& options) { return io::identity_of(train_options(), options); }

nlohmann::json to_json(const TrainOptions& options) { return io::record_of(train_options(), options); }

}  // namespace strataform::train
