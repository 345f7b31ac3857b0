#pragma once

#include "strataform/figures/canvas.h"
#include "strataform/figures/ticks.h"

namespace strataform::figures {

/// An axis as it lies on the page: `length` units between its ends, its labels beside each other (horizontal) or one
/// above the other.
struct AxisLine {
  double first = 0.0;  ///< value at the left or upper end
  double last = 1.0;
  double length = 0.0;
  bool horizontal = true;

  /// How far from the end `first` a value lies, in units.
  [[nodiscard]] double place(double value) const { return (value - first) / (last - first) * length; }
};

/// As many of nice_ticks() as stand at least `distance` units apart, with labels that keep clear of each other.
[[nodiscard]] Ticks fitting_ticks(const AxisLine& axis, double distance, const TextStyle& style);

/// How far the labels of a horizontal axis reach beyond its ends.
struct Overhang {
  double left = 0.0;
  double right = 0.0;
};
[[nodiscard]] Overhang overhang(const AxisLine& axis, const Ticks& ticks, const TextStyle& style);

}  // namespace strataform::figures
