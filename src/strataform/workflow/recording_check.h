#pragma once

#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"
#include "strataform/data/input_check.h"
#include "strataform/survey/modelling.h"

namespace strataform::workflow {

/// What about the direct wave of recorded gathers differs from what is simulated over a map, [nz, nx] in m/s: as
/// data::direct_wave_findings() says. The source must be known: none of it may be left to be estimated. index: of the
/// example that the map belongs to.
[[nodiscard]] std::vector<data::InputFinding> recording_findings(const data::GatherSource& recorded, std::int64_t index,
                                                                 std::span<const float> map,
                                                                 const survey::Modelling& modelling,
                                                                 const Context& context);

}  // namespace strataform::workflow
