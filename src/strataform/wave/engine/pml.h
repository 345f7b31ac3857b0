#pragma once

#include <cstdint>

namespace strataform::wave {

/// The damping of a perfectly matched layer in 1/s, rising with the third power of the distance from the model:
/// zeta(d) = 2 v ln(1/R) / L (d / L)^3 with L the width of the layer and R = 1e-5 what a wave of the model's largest
/// velocity v keeps on its way through the layer and back.
struct Pml {
  std::int64_t cells = 20;
  double spacing = 10.0;          ///< m
  double largest_velocity = 0.0;  ///< of the model, m/s

  /// `distance` in cells from the centre of the model's outermost cell; halfway to the layer's first one it begins.
  [[nodiscard]] double damping(double distance) const;
  [[nodiscard]] double largest_damping() const;
};

}  // namespace strataform::wave
