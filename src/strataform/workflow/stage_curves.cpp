#include "strataform/workflow/stage_curves.h"

#include <cmath>

namespace strataform::workflow {

std::vector<figures::Series> stage_curves(const std::vector<RefinePoint>& points,
                                          const std::vector<std::string>& stages,
                                          const std::function<std::optional<double>(const RefinePoint&)>& value) {
  std::vector<figures::Series> curves;
  std::optional<std::size_t> stage;
  double lowest = 0.0;
  for (std::size_t k = 0; k < points.size(); ++k) {
    const RefinePoint& point = points[k];
    const std::optional<double> found = value(point);
    const bool is_measured = found && std::isfinite(*found) && std::isfinite(point.misfit);
    if (is_measured && stage != point.stage) {
      curves.push_back({.label = stages.size() > 1 ? stages.at(point.stage) : ""});
      stage = point.stage;
    }
    if (stage != point.stage) continue;
    figures::Series& line = curves.back();
    const bool is_taken = is_measured && (line.x.empty() || point.misfit < lowest);
    const bool is_last = k + 1 == points.size() || points[k + 1].stage != point.stage;
    if (!is_taken && !is_last) continue;
    if (is_taken) lowest = point.misfit;
    line.x.push_back(static_cast<double>(point.gradients));
    line.y.push_back(is_taken ? *found : line.y.back());
  }
  return curves;
}

}  // namespace strataform::workflow
