#pragma once

#include <vector>

#include "strataform/core/random.h"
#include "strataform/geology/family.h"
#include "strataform/geology/faults.h"
#include "strataform/geology/layers.h"

namespace strataform::geology {

/// What the families with salt and thrusts are made of. Lengths in cells.

/// A body of salt: an ellipse whose upper side is rugose.
struct SaltBody {
  Point centre;
  double half_width = 1.0;
  double half_height = 1.0;
  Curve rugosity;
  double velocity = kMaxVelocity;

  [[nodiscard]] bool contains(Point point) const;
  /// How far the rock at point was lifted by the rising salt: most at its crest, dying out upwards and sideways.
  [[nodiscard]] double uplift(Point point) const;
};
SaltBody draw_salt(Random& random, const MapSize& size);

/// Thin, folded layers that quicken with depth.
LayerStack draw_thin_layers(Random& random, const MapSize& size);

/// Low-angle thrusts that put older, faster rock on younger, slower rock. One stress field made all of them: they dip
/// the same way.
std::vector<Fault> draw_thrusts(Random& random, const MapSize& size);

}  // namespace strataform::geology
