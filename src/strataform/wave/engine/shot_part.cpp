#include "strataform/wave/engine/shot_part.h"

#include <algorithm>
#include <cmath>

namespace strataform::wave {
namespace {

/// Room for a footprint, and for the cache lines that a window is rounded to.
constexpr double kLeastAperture = 2.0 * static_cast<double>(kHalo);

}  // namespace

Interval part_of(const Setup& setup, const ShotPositions& shot, double cells_per_step) {
  const auto [left, right] = std::ranges::minmax(shot.receivers, {}, &Position::column);
  const double source = shot.source.column;
  const double leftmost = std::min(source, left.column);
  const double rightmost = std::max(source, right.column);
  double first = 0.0;
  auto last = static_cast<double>(setup.nx() - 1);
  if (setup.window.active) {
    // From the source to the edge and back to the nearest receiver.
    const double way = cells_per_step * static_cast<double>(setup.steps()) +
                       2.0 * (static_cast<double>(setup.window.margin) + kLeastAperture);
    first = std::max(first, std::min(leftmost - kLeastAperture, 0.5 * (source + left.column - way)));
    last = std::min(last, std::max(rightmost + kLeastAperture, 0.5 * (source + right.column + way)));
  }
  const double aperture = std::max(setup.modelling.scheme.aperture / setup.modelling.grid.spacing, kLeastAperture);
  first = std::max(first, leftmost - aperture);
  last = std::min(last, rightmost + aperture);
  return {std::llround(std::floor(first)), std::llround(std::ceil(last)) + 1};
}

ShotLayout layout_in(const Setup& setup, const ShotPositions& shot, Interval columns) {
  ShotPositions moved = shot;
  const auto offset = static_cast<double>(columns.first);
  moved.source.column -= offset;
  for (Position& receiver : moved.receivers) receiver.column -= offset;
  return {PaddedGrid(setup.nz(), columns.last - columns.first, setup.modelling.scheme), moved, setup.window};
}

}  // namespace strataform::wave
