#include "strataform/wave/engine/footprint.h"

#include <cmath>
#include <utility>

#include "strataform/wave/engine/windowed_sinc.h"

namespace strataform::wave {
namespace {

/// Nearer to a cell than this share of it is on the cell: metres divided by a spacing are hardly ever whole.
constexpr double kOnCell = 1e-6;

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
