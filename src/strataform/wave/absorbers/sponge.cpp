#include "strataform/wave/absorbers/sponge.h"

#include <cmath>

namespace strataform::wave {
namespace {

/// The sponge counts its cells from 0.
double damping(const AbsorbingFrame& frame, double distance) {
  return distance > 0.0 ? sponge_in(frame).damping(distance - 1.0) : 0.0;
}

double largest_time_step(const AbsorbingFrame& frame, double courant) {
  const double quadratic = std::pow(frame.range.fastest / frame.spacing, 2.0);
  const double linear = courant * sponge_in(frame).largest_damping() / 2.0;
  return (std::sqrt(linear * linear + 4.0 * courant * quadratic) - linear) / (2.0 * quadratic);
}

}  // namespace

DampingProfile sponge_absorber() { return {.damping = damping, .largest_time_step = largest_time_step}; }

double Sponge::largest_damping() const {
  const double width = static_cast<double>(cells - 1) * spacing;
  return 3.0 * velocity * std::log(1e7) / (2.0 * width);
}

double Sponge::damping(double cell) const {
  const double depth = cell / static_cast<double>(cells - 1);
  return largest_damping() * depth * depth;
}

}  // namespace strataform::wave
