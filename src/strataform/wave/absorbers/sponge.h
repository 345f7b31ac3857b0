#pragma once

#include <cstdint>

#include "strataform/wave/absorbers/damping_profile.h"

namespace strataform::wave {

/// The absorbing sponge of the OpenFWI scheme on cells 0..cells-1, counted outwards from the model's edge:
/// damp(i) = k0 (i dx / a)^2, a = (cells - 1) dx, k0 = 3 v ln(1e7) / (2 a), in 1/s.
struct Sponge {
  std::int64_t cells = 120;
  double spacing = 10.0;  ///< m
  double velocity = 0.0;  ///< m/s: the smallest of the map that is modelled, or one chosen for all maps

  /// k0, the damping of the outermost cell.
  [[nodiscard]] double largest_damping() const;
  [[nodiscard]] double damping(double cell) const;
};

[[nodiscard]] inline Sponge sponge_in(const AbsorbingFrame& frame) {
  return {frame.cells, frame.spacing, frame.sponge_velocity > 0.0 ? frame.sponge_velocity : frame.range.slowest};
}

}  // namespace strataform::wave
