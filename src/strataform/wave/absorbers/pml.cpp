#include <algorithm>
#include <cmath>

#include "strataform/wave/absorbers/damping_profile.h"

namespace strataform::wave {
namespace {

// The damping of a perfectly matched layer rises with the third power of the distance from the model:
// zeta(d) = 2 v ln(1/R) / L (d / L)^3 with L the width of the layer and R = 1e-5 what a wave of the model's largest
// velocity v keeps on its way through the layer and back.

double largest_damping(const AbsorbingFrame& frame) {
  constexpr double kReflection = 1e-5;
  return 2.0 * frame.range.fastest * -std::log(kReflection) / (static_cast<double>(frame.cells) * frame.spacing);
}

/// Halfway to the layer's first cell it begins.
double damping(const AbsorbingFrame& frame, double distance) {
  const double depth = std::max(distance - 0.5, 0.0) / static_cast<double>(frame.cells);
  return largest_damping(frame) * depth * depth * depth;
}

double largest_time_step(const AbsorbingFrame& frame, double courant) {
  const double undamped = std::sqrt(courant) * frame.spacing / frame.range.fastest;
  return undamped / (1.0 + undamped * largest_damping(frame) / 2.0);
}

}  // namespace

DampingProfile pml_absorber() { return {.layered = true, .damping = damping, .largest_time_step = largest_time_step}; }

}  // namespace strataform::wave
