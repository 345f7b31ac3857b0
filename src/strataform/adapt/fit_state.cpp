#include "strataform/adapt/fit_state.h"

namespace strataform::adapt {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FitState, step, updates, gradients, pass, batch, stage, stage_begun, stage_end, rate,
                                   seconds, shares, reference, best, best_pass, first_misfit, first_value, setbacks,
                                   ending, log_bytes)

nlohmann::json to_json(const FitState& state) { return nlohmann::json(state); }

FitState fit_state_from_json(const nlohmann::json& json) { return json.get<FitState>(); }

}  // namespace strataform::adapt
