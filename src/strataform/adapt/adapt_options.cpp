#include "strataform/adapt/adapt_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "strataform/core/error.h"

namespace strataform::adapt {
namespace {

// `learning_rate` is the adapter's, not that of a refinement's cells.
constexpr std::array<std::string_view, 7> kPhysics = {"gradients",       "misfit",  "frequencies", "estimate",
                                                      "signal_to_noise", "slowest", "fastest"};
constexpr std::array<std::string_view, 12> kTraining = {
    "max_minutes",  "batch_size", "optimizer", "learning_rate",      "final_share",      "warmup_steps",
    "weight_decay", "clip_norm",  "seed",      "checkpoint_minutes", "checkpoint_steps", "device"};

/// The chosen members of a table, all of them or those of a run's identity.
template <class Options>
void add_chosen(nlohmann::json& record, const std::vector<io::Option<Options>>& described, const Options& options,
                const std::function<bool(const std::string&)>& is_chosen, bool identity_alone) {
  for (const io::Option<Options>& option : described) {
    if (!is_chosen(option.name) || (identity_alone && !option.is_identity())) continue;
    record[option.record_key()] = option.value(options);
  }
}

nlohmann::json record(const AdaptOptions& options, bool identity_alone) {
  const auto all = [](const std::string& /*name*/) { return true; };
  nlohmann::json result = nlohmann::json::object();
  add_chosen(result, refine::refine_options(), options.physics, is_of_physics, identity_alone);
  add_chosen(result, refine::wavefield_options(), options.physics.wavefield, all, identity_alone);
  add_chosen(result, train::train_options(), options.train, is_of_training, identity_alone);
  add_chosen(result, adapt_options(), options, all, identity_alone);
  result["adapter"] = peft::to_json(options.adapter);
  return result;
}

}  // namespace

AdaptOptions adapt_defaults() {
  AdaptOptions options;
  options.adapter.rank = 4;
  options.physics.gradients = 60;
  options.physics.frequencies = {8.0, 0.0};
  options.train.batch_size = 6;
  options.train.learning_rate = 0.005;
  options.train.final_share = 0.0;
  options.train.warmup_steps = 5;
  options.train.weight_decay = 0.0;
  options.train.clip_norm = 0.0;
  options.train.freeze_batch_norm = true;
  return options;
}

const std::vector<io::Option<AdaptOptions>>& adapt_options() {
  using A = AdaptOptions;
  static const std::vector<io::Option<A>> all = {
      {"pull", "Weight of the maps' mean square change, (km/s)^2, beside a misfit of 1", &A::pull, io::kZeroOrMore},
      {"adapter_pull", "Pull of the adapter towards where it began, times the learning rate", &A::adapter_pull,
       io::kZeroOrMore},
      {"validation_shots", "Shots of each gather that are not fitted and choose the best state", &A::validation_shots,
       io::kZeroOrMore},
      {"patience", "Gradients of each gather without a better state that end a band; 0: any", &A::patience,
       io::kZeroOrMore},
      {"largest_rise", "Of the misfit above the best state's, as a share of it, before training goes back there",
       &A::largest_rise, io::kPositive}};
  return all;
}

bool is_of_physics(const std::string& refine_option) {
  return std::ranges::find(kPhysics, refine_option) != kPhysics.end();
}

bool is_of_training(const std::string& train_option) {
  return std::ranges::find(kTraining, train_option) != kTraining.end();
}

nlohmann::json identity_of(const AdaptOptions& options) { return record(options, /*identity_alone=*/true); }

nlohmann::json to_json(const AdaptOptions& options) { return record(options, /*identity_alone=*/false); }

void check(const AdaptOptions& options, const survey::Modelling& modelling) {
  peft::check(options.adapter);
  refine::check(options.physics, modelling);
  train::TrainOptions train = options.train;
  train.steps = 1;  // follow from the gradients
  train::check(train);
  io::check_all(adapt_options(), options);
  const auto shots = std::ssize(modelling.survey.shots);
  if (options.validation_shots >= shots) {
    throw UsageError(fmt::format("`validation_shots`: expected 0 to {}, fewer than the survey's shots, found {}",
                                 shots - 1, options.validation_shots));
  }
}

}  // namespace strataform::adapt
