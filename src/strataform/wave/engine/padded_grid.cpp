#include "strataform/wave/engine/padded_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::wave {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Distance to the interval [0, cells - 1].
double outside(double position, std::int64_t cells) {
  return std::max({0.0, -position, position - static_cast<double>(cells - 1)});
}

}  // namespace

PaddedGrid::PaddedGrid(std::int64_t nz, std::int64_t nx, const survey::Scheme& scheme)
    : nz_(nz), nx_(nx), absorbing_(scheme.absorbing_cells), top_(scheme.free_surface ? 0 : absorbing_),
      // What the perfectly matched layer reads, too.
      reach_(std::max<std::int64_t>(2, scheme.space_order / 2)), mirrored_(scheme.free_surface),
      rows_(top_ + nz + absorbing_), columns_(nx + 2 * absorbing_), stride_(round_up(columns_, kHalo) + 2 * kHalo) {
  // Above a free surface lie the mirror images of as many rows below it.
  const std::int64_t least_rows = halo_rows() + (mirrored_ ? 1 : 0);
  if (rows_ < least_rows || columns_ < halo_rows()) {
    throw UsageError(
        fmt::format("grid: expected at least {} rows and {} columns with the absorbing cells, found {} and {}",
                    least_rows, halo_rows(), rows_, columns_));
  }
}

std::size_t PaddedGrid::model_cell(std::int64_t row, std::int64_t column) const {
  const std::int64_t model_row = std::clamp<std::int64_t>(row - top_, 0, nz_ - 1);
  const std::int64_t model_column = std::clamp<std::int64_t>(column - absorbing_, 0, nx_ - 1);
  return static_cast<std::size_t>(model_row * nx_ + model_column);
}

double PaddedGrid::rows_outside(double row) const { return outside(row - static_cast<double>(top_), nz_); }
double PaddedGrid::columns_outside(double column) const {
  return outside(column - static_cast<double>(absorbing_), nx_);
}

GridPoint PaddedGrid::nearest(const Position& position) const {
  return {std::llround(position.row) + top_, std::llround(position.column) + absorbing_};
}

std::vector<WeightedCell> PaddedGrid::cells_of(const Position& position) const {
  std::vector<WeightedCell> cells = footprint(position);
  for (auto& [row, column, weight] : cells) {
    weight *= sign(row + top_);
    row = wrapped(row + top_);
    column = (column + absorbing_ + columns_) % columns_;
  }
  // On a free surface the pressure is zero whatever happens.
  if (mirrored_) std::erase_if(cells, [](const WeightedCell& cell) { return cell.row == 0; });
  return cells;
}

Interval PaddedGrid::columns_within(Interval columns, std::int64_t distance) const {
  if (columns.first < distance || columns.last + distance > columns_) return {0, columns_};
  return {columns.first - distance, columns.last + distance};
}

Interval PaddedGrid::whole_lines(Interval columns) const {
  return {columns.first / kHalo * kHalo, std::min(round_up(columns.last, kHalo), columns_)};
}

}  // namespace strataform::wave
