#include "strataform/wave/position.h"

#include <cmath>

namespace strataform::wave {
namespace {

double in_cells(double metres, double spacing) {
  constexpr double kOnCell = 1e-6;
  const double cells = metres / spacing;
  const double nearest = std::round(cells);
  return std::abs(cells - nearest) < kOnCell ? nearest : cells;
}

}  // namespace

Position position_on(const survey::Grid& grid, const survey::Point& point) {
  return {in_cells(point.z - grid.origin.z, grid.spacing), in_cells(point.x - grid.origin.x, grid.spacing)};
}

}  // namespace strataform::wave
