#include "strataform/wave/padded_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "strataform/core/error.h"

namespace strataform::wave {
namespace {

/// Numerical dispersion runs a little ahead of the wave; and the wave starts from the whole footprint of its source.
constexpr std::int64_t kWindowMargin = 12 + kFootprintReach;

/// Distance from a position to the interval [first, last) on a ring of the given length, in which all of them lie.
std::int64_t ring_distance(std::int64_t position, std::int64_t first, std::int64_t last, std::int64_t length) {
  if (position < first) return std::min(first - position, position + length - last + 1);
  if (position >= last) return std::min(position - last + 1, first + length - position);
  return 0;
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
      columns_(nx + 2 * absorbing_), stride_(round_up(columns_, kHalo) + 2 * kHalo), receiver_first_row_(rows_),
      receiver_first_column_(columns_) {
  validate(acquisition, nz, nx);
  if (rows_ < halo_rows() || columns_ < halo_rows()) {
    throw UsageError(fmt::format("grid: expected at least {} rows and columns with the absorbing cells, found {} and {}",
                                 halo_rows(), rows_, columns_));
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

/// Without a division: this is asked for every row of every step.
std::int64_t PaddedGrid::on_ring(std::int64_t row) const {
  if (row < 0) return row + rows_;
  return row < rows_ ? row : row - rows_;
}

std::int64_t PaddedGrid::wrapped(std::int64_t row) const {
  if (!mirrored_) return on_ring(row);
  if (row < 0) return -row;
  return row < rows_ ? row : 2 * (rows_ - 1) - row;
}

std::int64_t PaddedGrid::wrapped_between(std::int64_t row) const {
  if (!mirrored_) return on_ring(row);
  if (row < 0) return -1 - row;
  return row < rows_ - 1 ? row : 2 * rows_ - 3 - row;
}

std::size_t PaddedGrid::model_cell(std::int64_t row, std::int64_t column) const {
  const std::int64_t model_row = std::clamp<std::int64_t>(row - top_, 0, nz_ - 1);
  const std::int64_t model_column = std::clamp<std::int64_t>(column - absorbing_, 0, nx_ - 1);
  return static_cast<std::size_t>(model_row * nx_ + model_column);
}

double PaddedGrid::rows_outside(double row) const { return outside(row - static_cast<double>(top_), nz_); }
double PaddedGrid::columns_outside(double column) const { return outside(column - static_cast<double>(absorbing_), nx_); }

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
  const auto distance = static_cast<std::int64_t>(cells_per_step * static_cast<double>(step)) + kWindowMargin;
  const Interval columns = columns_within(source.column, source.column + 1, distance);
  return {{0, rows_}, whole_lines(columns), distance, whole().receiver_distance};
}

Window PaddedGrid::window(const GridPoint& source, double cells_per_step, std::int64_t step) const {
  Window window = reached(source, cells_per_step, step);
  if (!active_window_) return window;
  window.receiver_distance =
      static_cast<std::int64_t>(cells_per_step * static_cast<double>(samples_ - step)) + kWindowMargin;
  const Interval useful = columns_within(receiver_first_column_, receiver_last_column_, window.receiver_distance);
  window.columns = whole_lines({std::max(window.columns.first, useful.first), std::min(window.columns.last, useful.last)});
  return window;
}

bool PaddedGrid::is_active(const GridPoint& source, const Window& window, std::int64_t row) const {
  const std::int64_t inner = wrapped(row);
  if (inner < window.rows.first || inner >= window.rows.last) return false;
  // Between mirrors there is no way around.
  const std::int64_t length = mirrored_ ? 4 * rows_ : rows_;
  return ring_distance(inner, source.row, source.row + 1, length) <= window.source_distance &&
         ring_distance(inner, receiver_first_row_, receiver_last_row_, length) <= window.receiver_distance;
}

}  // namespace strataform::wave
