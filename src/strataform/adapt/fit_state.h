#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace strataform::adapt {

/// Where an adaptation stands, beside its tensors.
struct FitState {
  std::int64_t step = 0;     ///< finished batches, those among them after which training went back
  std::int64_t updates = 0;  ///< steps of the optimiser
  std::int64_t gradients = 0;
  std::int64_t pass = 0;   ///< finished ones over all gathers
  std::int64_t batch = 0;  ///< of the pass that goes on
  std::int64_t stage = 0;
  bool stage_begun = false;
  double stage_end = 0.0;           ///< share of the whole run at which the stage ends
  double rate = 1.0;                ///< that the stage's learning rate is multiplied by
  double seconds = 0.0;             ///< of all stretches
  std::vector<double> shares{};     ///< last seen of each gather, in the stage's band
  std::vector<double> reference{};  ///< of each gather when the best state was found
  double best = 0.0;                ///< what that state was chosen by
  std::int64_t best_pass = 0;
  double first_misfit = 0.0;  ///< of the whole band, at the start
  double first_value = 0.0;   ///< of the whole band, at the start: what states are chosen by
  std::int64_t setbacks = 0;  ///< how often training went back to the best state
  int ending = 0;             ///< of the last stage that has ended, see Ending
  std::uintmax_t log_bytes = 0;
};

nlohmann::json to_json(const FitState& state);
/// Throws nlohmann's exceptions for what is no state.
FitState fit_state_from_json(const nlohmann::json& json);

}  // namespace strataform::adapt
