#include "strataform/wave/engine/sponge.h"

#include <cmath>

namespace strataform::wave {

double Sponge::largest_damping() const {
  const double width = static_cast<double>(cells - 1) * spacing;
  return 3.0 * smallest_velocity * std::log(1e7) / (2.0 * width);
}

double Sponge::damping(double cell) const {
  const double depth = cell / static_cast<double>(cells - 1);
  return largest_damping() * depth * depth;
}

}  // namespace strataform::wave
