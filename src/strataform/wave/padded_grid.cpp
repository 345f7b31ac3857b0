#include "strataform/wave/padded_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "strataform/core/error.h"

namespace strataform::wave {
namespace {

/// Cells around the travelling wave that the active window keeps: numerical dispersion runs a little ahead, and off the
/// grid the wave starts from and ends in whole footprints.
std::int64_t window_margin(const Acquisition& acquisition) {
  constexpr std::int64_t kDispersion = 12;
  const auto off_grid = [](const Position& position) { return footprint(position).size() > 1; };
  const bool any =
      std::ranges::any_of(acquisition.sources, off_grid) || std::ranges::any_of(acquisition.receivers, off_grid);
  return kDispersion + (any ? kFootprintReach : 0);
}

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Distance to the interval [0, cells - 1].
double outside(double position, std::int64_t cells) {
  return std::max({0.0, -position, position - static_cast<double>(cells - 1)});
}

}  // namespace

PaddedGrid::PaddedGrid(std::int64_t nz, std::int64_t nx, const Acquisition& acquisition, bool active_window)
    : nz_(nz), nx_(nx), absorbing_(acquisition.absorbing_cells), top_(acquisition.free_surface ? 0 : absorbing_),
      // What the perfectly matched layer reads, too.
      reach_(std::max<std::int64_t>(2, acquisition.space_order / 2)), samples_(acquisition.samples),
      mirrored_(acquisition.free_surface), active_window_(active_window), rows_(top_ + nz + absorbing_),
      columns_(nx + 2 * absorbing_), stride_(round_up(columns_, kHalo) + 2 * kHalo),
      margin_(window_margin(acquisition)), receiver_first_row_(rows_), receiver_first_column_(columns_) {
  validate(acquisition, nz, nx);
  // Above a free surface lie the mirror images of as many rows below it.
  const std::int64_t least_rows = halo_rows() + (mirrored_ ? 1 : 0);
  if (rows_ < least_rows || columns_ < halo_rows()) {
    throw UsageError(
        fmt::format("grid: expected at least {} rows and {} columns with the absorbing cells, found {} and {}",
                    least_rows, halo_rows(), rows_, columns_));
  }
  receivers_in_row_.resize(static_cast<std::size_t>(rows_));
  for (std::size_t index = 0; index < acquisition.receivers.size(); ++index) {
    for (const auto& [row, column, weight] : cells_of(acquisition.receivers[index])) {
      receivers_in_row_[static_cast<std::size_t>(row)].push_back({static_cast<std::int64_t>(index), column, weight});
    }
    const auto [row, column] = nearest(acquisition.receivers[index]);
    receiver_first_row_ = std::min(receiver_first_row_, row);
    receiver_last_row_ = std::max(receiver_last_row_, row + 1);
    receiver_first_column_ = std::min(receiver_first_column_, column);
    receiver_last_column_ = std::max(receiver_last_column_, column + 1);
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

/// All columns once an edge is reached: what leaves the grid there comes in on the other side.
Interval PaddedGrid::columns_within(std::int64_t first, std::int64_t last, std::int64_t distance) const {
  if (first < distance || last + distance > columns_) return {0, columns_};
  return {first - distance, last + distance};
}

/// Whole cache lines: the vectors of the kernel then need no remainder.
Interval PaddedGrid::whole_lines(Interval columns) const {
  return {columns.first / kHalo * kHalo, std::min(round_up(columns.last, kHalo), columns_)};
}

Window PaddedGrid::reached(const GridPoint& source, double cells_per_step, std::int64_t step) const {
  if (!active_window_) return whole();
  const auto distance = static_cast<std::int64_t>(cells_per_step * static_cast<double>(step)) + margin_;
  const Interval columns = columns_within(source.column, source.column + 1, distance);
  return {{0, rows_}, whole_lines(columns), distance, whole().receiver_distance};
}

Window PaddedGrid::window(const GridPoint& source, double cells_per_step, std::int64_t step) const {
  Window window = reached(source, cells_per_step, step);
  if (!active_window_) return window;
  window.receiver_distance = static_cast<std::int64_t>(cells_per_step * static_cast<double>(samples_ - step)) + margin_;
  const Interval useful = columns_within(receiver_first_column_, receiver_last_column_, window.receiver_distance);
  window.columns =
      whole_lines({std::max(window.columns.first, useful.first), std::min(window.columns.last, useful.last)});
  return window;
}

}  // namespace strataform::wave
