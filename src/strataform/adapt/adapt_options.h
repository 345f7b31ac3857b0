#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/io/option.h"
#include "strataform/peft/adapter_options.h"
#include "strataform/refine/options.h"
#include "strataform/survey/modelling.h"
#include "strataform/train/train_options.h"

namespace strataform::adapt {

/// How an adapter is trained on gathers alone.
struct AdaptOptions {
  peft::AdapterOptions adapter;
  /// What is fitted, as in a refinement. Its gradients are those of each gather; a band gets an equal share of what is
  /// left of them, or of the time. What says how the cells of a model move has no meaning here.
  refine::RefineOptions physics;
  /// How the adapter moves. A step has batch_size gathers; where the run folder is empty nothing is kept on the way.
  train::TrainOptions train;
  double pull = 0.0;                  ///< of the mean square change of the maps, in (km/s)^2, beside a misfit of 1
  double adapter_pull = 0.0;          ///< way back to where training began: share of it for a learning rate of 1
  std::int64_t validation_shots = 0;  ///< of each gather, which are not fitted and choose the best state
  std::int64_t patience = 0;          ///< gradients of each gather without a better state that end a band; 0: any
  double largest_rise = 0.5;          ///< of the misfit above that of the best state before training goes back to it
};

/// LoRA of rank 4, 60 gradients, half of them below 8 Hz, Adam at 0.005 cooled down to 0. Measured in docs/adapt.md.
[[nodiscard]] AdaptOptions adapt_defaults();

/// Those that only an adaptation has.
[[nodiscard]] const std::vector<io::Option<AdaptOptions>>& adapt_options();
/// Which of refine::refine_options() and train::train_options() have a meaning here.
[[nodiscard]] bool is_of_physics(const std::string& refine_option);
[[nodiscard]] bool is_of_training(const std::string& train_option);

/// The part that decides what comes out: a run that is resumed must have the same.
[[nodiscard]] nlohmann::json identity_of(const AdaptOptions& options);
/// All of it, for records.
[[nodiscard]] nlohmann::json to_json(const AdaptOptions& options);

/// Throws UsageError, naming the option, what was expected and what was found, also for a modelling that does not fit
/// its grid or does not record every time step.
void check(const AdaptOptions& options, const survey::Modelling& modelling);

}  // namespace strataform::adapt
