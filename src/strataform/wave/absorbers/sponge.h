#pragma once

#include <cstdint>

namespace strataform::wave {

/// The absorbing sponge of the OpenFWI scheme on cells 0..cells-1, counted outwards from the model's edge:
/// damp(i) = k0 (i dx / a)^2, a = (cells - 1) dx, k0 = 3 vmin ln(1e7) / (2 a), in 1/s.
struct Sponge {
  std::int64_t cells = 120;
  double spacing = 10.0;           ///< m
  double smallest_velocity = 0.0;  ///< of the sample that is modelled, m/s

  /// k0, the damping of the outermost cell.
  [[nodiscard]] double largest_damping() const;
  [[nodiscard]] double damping(double cell) const;
};

}  // namespace strataform::wave
