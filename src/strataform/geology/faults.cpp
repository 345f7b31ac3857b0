#include "strataform/geology/faults.h"

#include <cmath>
#include <numbers>

#include "strataform/geology/layers.h"

namespace strataform::geology {

bool Fault::in_hanging_wall(Point point) const {
  return direction * std::sin(dip) * (point.x - through.x) - std::cos(dip) * (point.z - through.z) > 0.0;
}

Point Fault::before(Point point) const {
  if (!in_hanging_wall(point)) return point;
  return {point.x - direction * slip * std::cos(dip), point.z - slip * std::sin(dip)};
}

Point undo(const std::vector<Fault>& faults, Point point) {
  for (auto fault = faults.rbegin(); fault != faults.rend(); ++fault) point = fault->before(point);
  return point;
}

std::vector<Fault> draw_faults(Random& random, const MapSize& size, const FaultOptions& options) {
  constexpr double kRadians = std::numbers::pi / 180.0;
  const auto nx = static_cast<double>(size.nx);
  const auto nz = static_cast<double>(size.nz);
  const auto count = random.integer(options.min_count, options.max_count);
  std::vector<Fault> faults;
  for (std::int64_t k = 0; k < count; ++k) {
    // Each fault has its own slice of the width, so that two do not fall on one another.
    const double slice = (static_cast<double>(k) + random.uniform(0.25, 0.75)) / static_cast<double>(count);
    Fault fault;
    fault.through = {nx * slice, nz * random.uniform(0.3, 0.7)};
    fault.dip = kRadians * random.uniform(options.min_dip_degrees, options.max_dip_degrees);
    fault.direction = random.chance(0.5) ? 1.0 : -1.0;
    fault.slip = length_scale(size) * random.uniform(options.min_slip, options.max_slip);
    if (random.chance(options.reverse_probability)) fault.slip = -fault.slip;
    faults.push_back(fault);
  }
  return faults;
}

}  // namespace strataform::geology
