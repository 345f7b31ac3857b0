#include "strataform/wave/engine/pml.h"

#include <algorithm>
#include <cmath>

namespace strataform::wave {

double Pml::largest_damping() const {
  constexpr double kReflection = 1e-5;
  return 2.0 * largest_velocity * -std::log(kReflection) / (static_cast<double>(cells) * spacing);
}

double Pml::damping(double distance) const {
  const double depth = std::max(distance - 0.5, 0.0) / static_cast<double>(cells);
  return largest_damping() * depth * depth * depth;
}

}  // namespace strataform::wave
