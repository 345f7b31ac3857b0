#pragma once

#include <cstdint>
#include <vector>

#include "strataform/wave/acquisition.h"

namespace strataform::wave {

/// Time steps done per sweep over the rows, each two rows behind the one before it, so that a row is still in the
/// cache when the next time step needs it.
inline constexpr std::int64_t kStepsPerSweep = 4;
/// Cells that the stencil reads beyond the one that it updates.
inline constexpr std::int64_t kReach = 2;
/// Copies of the rows at the other end of the grid, enough for a sweep: each of its steps uses up two of them.
inline constexpr std::int64_t kHaloRows = kReach * kStepsPerSweep;
/// Values on either side of a row: the stencil reads two, and 16 keep the rows on cache lines.
inline constexpr std::int64_t kHalo = 16;

/// Columns of the padded grid, last one past the end.
struct Columns {
  std::int64_t first, last;
};

/// What one time step updates: rows within two distances, and columns.
struct Window {
  std::int64_t source_distance, receiver_distance;
  Columns columns;
};

/// The model with its absorbing cells on all four sides, a ring in both directions, and where things lie in memory:
/// rows of `stride` values with a halo on every side.
class PaddedGrid {
 public:
  /// Throws UsageError for an acquisition that does not fit and for fewer than 8 rows, absorbing cells included.
  PaddedGrid(std::int64_t nz, std::int64_t nx, const Acquisition& acquisition, bool active_window);

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  [[nodiscard]] std::int64_t stride() const { return stride_; }
  /// Values of a whole array, halos included.
  [[nodiscard]] std::size_t values() const { return static_cast<std::size_t>((rows_ + 2 * kHaloRows) * stride_); }
  /// Index of a cell in such an array; row may lie in the halo.
  [[nodiscard]] std::int64_t index(std::int64_t row, std::int64_t column) const {
    return (row + kHaloRows) * stride_ + kHalo + column;
  }
  [[nodiscard]] std::int64_t wrapped(std::int64_t row) const { return (row + rows_) % rows_; }
  /// The cell of the model, row * nx + column, that a padded cell repeats.
  [[nodiscard]] std::size_t model_cell(std::int64_t row, std::int64_t column) const;
  /// A position of the model on the padded grid.
  [[nodiscard]] GridPoint padded(const GridPoint& point) const { return {point.row + sponge_, point.column + sponge_}; }
  /// Indices of receivers in a padded row.
  [[nodiscard]] const std::vector<std::int64_t>& receivers_in(std::int64_t row) const {
    return receivers_in_row_[static_cast<std::size_t>(row)];
  }

  /// The cells that a wave from the source can have reached at this step and that can still reach a receiver, or all.
  [[nodiscard]] Window window(const GridPoint& padded_source, double cells_per_step, std::int64_t step) const;
  [[nodiscard]] bool is_active(const GridPoint& padded_source, const Window& window, std::int64_t row) const;

 private:
  [[nodiscard]] Columns columns_within(std::int64_t first, std::int64_t last, std::int64_t distance) const;

  std::int64_t nz_, nx_, sponge_, samples_;
  bool active_window_;
  std::int64_t rows_, columns_, stride_;
  std::vector<std::vector<std::int64_t>> receivers_in_row_;
  std::int64_t receiver_first_row_, receiver_last_row_ = 0;  ///< the box of the receivers, last one past the end
  std::int64_t receiver_first_column_, receiver_last_column_ = 0;
};

}  // namespace strataform::wave
