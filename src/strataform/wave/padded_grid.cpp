#include "strataform/wave/padded_grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"

namespace strataform::wave {
namespace {

/// Cells around the travelling wave that the active window keeps: numerical dispersion runs a little ahead.
constexpr std::int64_t kWindowMargin = 12;

/// Distance from a position to the interval [first, last) on a ring of the given length.
std::int64_t ring_distance(std::int64_t position, std::int64_t first, std::int64_t last, std::int64_t length) {
  if (position >= first && position < last) return 0;
  const std::int64_t before = (first - position + length) % length;
  const std::int64_t after = (position - last + 1 + length) % length;
  return std::min(before, after);
}

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

PaddedGrid::PaddedGrid(std::int64_t nz, std::int64_t nx, const Acquisition& acquisition, bool active_window)
    : nz_(nz), nx_(nx), sponge_(acquisition.sponge_cells), samples_(acquisition.samples), active_window_(active_window),
      rows_(nz + 2 * sponge_), columns_(nx + 2 * sponge_), receiver_first_row_(rows_),
      receiver_first_column_(columns_) {
  validate(acquisition, nz, nx);
  if (rows_ < kHaloRows) {
    throw UsageError(fmt::format("grid: expected at least {} rows with the absorbing cells, found {} and 2 x {}",
                                 kHaloRows, nz, sponge_));
  }
  stride_ = round_up(columns_, kHalo) + 2 * kHalo;
  receivers_in_row_.resize(static_cast<std::size_t>(rows_));
  for (std::size_t index = 0; index < acquisition.receivers.size(); ++index) {
    const auto [row, column] = padded(acquisition.receivers[index]);
    receivers_in_row_[static_cast<std::size_t>(row)].push_back(static_cast<std::int64_t>(index));
    receiver_first_row_ = std::min(receiver_first_row_, row);
    receiver_last_row_ = std::max(receiver_last_row_, row + 1);
    receiver_first_column_ = std::min(receiver_first_column_, column);
    receiver_last_column_ = std::max(receiver_last_column_, column + 1);
  }
}

std::size_t PaddedGrid::model_cell(std::int64_t row, std::int64_t column) const {
  const std::int64_t model_row = std::clamp<std::int64_t>(row - sponge_, 0, nz_ - 1);
  const std::int64_t model_column = std::clamp<std::int64_t>(column - sponge_, 0, nx_ - 1);
  return static_cast<std::size_t>(model_row * nx_ + model_column);
}

/// All columns once an edge is reached: what leaves the grid there comes in on the other side.
Columns PaddedGrid::columns_within(std::int64_t first, std::int64_t last, std::int64_t distance) const {
  if (first < distance || last + distance > columns_) return {0, columns_};
  return {first - distance, last + distance};
}

Window PaddedGrid::window(const GridPoint& padded_source, double cells_per_step, std::int64_t step) const {
  if (!active_window_) return {rows_, rows_, {0, columns_}};
  const auto reached = static_cast<std::int64_t>(cells_per_step * static_cast<double>(step)) + kWindowMargin;
  const auto useful = static_cast<std::int64_t>(cells_per_step * static_cast<double>(samples_ - step)) + kWindowMargin;
  const Columns source = columns_within(padded_source.column, padded_source.column + 1, reached);
  const Columns receivers = columns_within(receiver_first_column_, receiver_last_column_, useful);
  const std::int64_t first = std::max(source.first, receivers.first);
  const std::int64_t last = std::min(source.last, receivers.last);
  // Whole cache lines: the vectors of the kernel then need no remainder.
  return {reached, useful, {first / kHalo * kHalo, std::min(round_up(last, kHalo), columns_)}};
}

bool PaddedGrid::is_active(const GridPoint& padded_source, const Window& window, std::int64_t row) const {
  const std::int64_t inner = wrapped(row);
  return ring_distance(inner, padded_source.row, padded_source.row + 1, rows_) <= window.source_distance &&
         ring_distance(inner, receiver_first_row_, receiver_last_row_, rows_) <= window.receiver_distance;
}

}  // namespace strataform::wave
