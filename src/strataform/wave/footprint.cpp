#include "strataform/wave/footprint.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace strataform::wave {
namespace {

constexpr double kShape = 6.31;  ///< b of the Kaiser window
/// Nearer to a cell than this share of it is on the cell: metres divided by a spacing are hardly ever whole.
constexpr double kOnCell = 1e-6;

/// `distance` in cells, within the window's radius.
double windowed_sinc(double distance) {
  const double share = distance / static_cast<double>(kFootprintReach);
  const double window =
      std::cyl_bessel_i(0.0, kShape * std::sqrt(1.0 - share * share)) / std::cyl_bessel_i(0.0, kShape);
  const double phase = std::numbers::pi * distance;
  return window * std::sin(phase) / phase;
}

std::vector<std::pair<std::int64_t, double>> weights_along(double position) {
  const auto nearest = static_cast<std::int64_t>(std::llround(position));
  if (std::abs(position - static_cast<double>(nearest)) < kOnCell) return {{nearest, 1.0}};
  std::vector<std::pair<std::int64_t, double>> weights;
  const auto before = static_cast<std::int64_t>(std::floor(position));
  for (std::int64_t cell = before + 1 - kFootprintReach; cell <= before + kFootprintReach; ++cell) {
    weights.emplace_back(cell, windowed_sinc(position - static_cast<double>(cell)));
  }
  return weights;
}

}  // namespace

std::vector<WeightedCell> footprint(const Position& position) {
  std::vector<WeightedCell> cells;
  for (const auto& [row, row_weight] : weights_along(position.row)) {
    for (const auto& [column, column_weight] : weights_along(position.column)) {
      cells.push_back({row, column, row_weight * column_weight});
    }
  }
  return cells;
}

}  // namespace strataform::wave
