#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "strataform/figures/chart.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

/// How `value` went in a refinement: a line for each stage over the gradients that were spent. A step that did not
/// lower the stage's misfit was not taken and is left out, and so is a wave that diverged; a stage's line goes on to
/// its last gradient. stages: their names, which stand in the legend where there are several.
[[nodiscard]] std::vector<figures::Series> stage_curves(
    const std::vector<RefinePoint>& points, const std::vector<std::string>& stages,
    const std::function<std::optional<double>(const RefinePoint&)>& value);

}  // namespace strataform::workflow
