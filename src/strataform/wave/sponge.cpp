#include "strataform/wave/sponge.h"

#include <cmath>

namespace strataform::wave {

double Sponge::largest_damping() const {
  const double width = static_cast<double>(cells - 1) * spacing;
  return 3.0 * smallest_velocity * std::log(1e7) / (2.0 * width);
}

double Sponge::damping(std::int64_t cell) const {
  const double depth = static_cast<double>(cell) / static_cast<double>(cells - 1);
  return largest_damping() * depth * depth;
}

double largest_time_step(const Sponge& sponge, double largest_velocity) {
  const double quadratic = std::pow(largest_velocity / sponge.spacing, 2.0);
  const double linear = 3.0 / 16.0 * sponge.largest_damping();
  return (std::sqrt(linear * linear + 1.5 * quadratic) - linear) / (2.0 * quadratic);
}

}  // namespace strataform::wave
