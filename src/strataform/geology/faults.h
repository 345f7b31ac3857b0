#pragma once

#include <vector>

#include "strataform/core/random.h"
#include "strataform/geology/family.h"

namespace strataform::geology {

struct Point {
  double x = 0.0;
  double z = 0.0;
};

/// A plane through `through` along which the block above it, the hanging wall, has slipped.
struct Fault {
  Point through;
  /// Below the horizontal, radians, in (0, pi/2).
  double dip = 1.0;
  /// +1: the plane deepens to the right, -1: to the left.
  double direction = 1.0;
  /// Cells along the plane: positive for a normal fault (down), negative for a reverse fault or thrust (up).
  double slip = 0.0;

  [[nodiscard]] bool in_hanging_wall(Point point) const;
  /// Where the rock that is now at point lay before this fault moved.
  [[nodiscard]] Point before(Point point) const;
};

/// Where the rock now at point lay before all faults moved; faults are given from the oldest to the youngest.
Point undo(const std::vector<Fault>& faults, Point point);

/// How to draw faults; slip is in cells of a map of 70 rows and scales with nz.
struct FaultOptions {
  int min_count = 1;
  int max_count = 1;
  double min_dip_degrees = 40.0;
  double max_dip_degrees = 75.0;
  double min_slip = 8.0;
  double max_slip = 18.0;
  double reverse_probability = 0.5;
};
std::vector<Fault> draw_faults(Random& random, const MapSize& size, const FaultOptions& options);

}  // namespace strataform::geology
