#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "strataform/wave/acquisition.h"
#include "strataform/wave/footprint.h"
#include "strataform/wave/ring.h"

namespace strataform::wave {

/// Time steps done per sweep over the rows, each a stencil's reach of rows behind the one before it, so that a row is
/// still in the cache when the next time step needs it.
inline constexpr std::int64_t kStepsPerSweep = 4;
/// Values on either side of a row: the stencil reads four at most, and 16 keep the rows on cache lines.
inline constexpr std::int64_t kHalo = 16;

/// A cell of the padded grid.
struct GridPoint {
  std::int64_t row, column;
};

/// What one time step updates: columns, and those of the rows that lie within two distances.
struct Window {
  Interval rows, columns;
  std::int64_t source_distance, receiver_distance;
};

/// A cell that a receiver reads.
struct ReceiverCell {
  std::int64_t receiver, column;
  double weight;
};

/// The model with its absorbing cells, and where things lie in memory: rows of `stride` values with a halo on every
/// side. It is a ring in both directions; with a free surface on row 0 the rows are mirrored there instead and change
/// sign, and so they do at the last one.
class PaddedGrid {
 public:
  /// Throws UsageError for an acquisition that does not fit and for fewer rows than halo_rows(), absorbing cells
  /// included.
  PaddedGrid(std::int64_t nz, std::int64_t nx, const Acquisition& acquisition, bool active_window);

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  [[nodiscard]] std::int64_t stride() const { return stride_; }
  /// The model's first row and column.
  [[nodiscard]] GridPoint model_corner() const { return {top_, absorbing_}; }
  /// Cells that the stencil, or the perfectly matched layer, reads beyond the one that it updates.
  [[nodiscard]] std::int64_t reach() const { return reach_; }
  /// Rows beyond the first and the last one, enough for a sweep: each of its steps uses up `reach` of them.
  [[nodiscard]] std::int64_t halo_rows() const { return reach_ * kStepsPerSweep; }
  /// Values of a whole array, halos included.
  [[nodiscard]] std::size_t values() const { return static_cast<std::size_t>((rows_ + 2 * halo_rows()) * stride_); }
  /// Index of a cell in such an array; row may lie in the halo.
  [[nodiscard]] std::int64_t index(std::int64_t row, std::int64_t column) const {
    return (row + halo_rows()) * stride_ + kHalo + column;
  }
  /// The row of the grid that a row repeats, times sign(row).
  [[nodiscard]] std::int64_t wrapped(std::int64_t row) const { return row_ring().wrapped(row); }
  [[nodiscard]] double sign(std::int64_t row) const { return row_ring().sign(row); }
  /// The row whose values half a row below it repeat those half a row below `row`; their sign does not change.
  [[nodiscard]] std::int64_t wrapped_between(std::int64_t row) const { return row_ring().wrapped_between(row); }
  [[nodiscard]] Ring row_ring() const { return {rows_, mirrored_}; }
  [[nodiscard]] Ring column_ring() const { return {columns_, false}; }
  /// The cell of the model, row * nx + column, that a padded cell repeats.
  [[nodiscard]] std::size_t model_cell(std::int64_t row, std::int64_t column) const;
  /// How far a row or column lies from the model's nearest one, in cells, 0 within the model.
  [[nodiscard]] double rows_outside(double row) const;
  [[nodiscard]] double columns_outside(double column) const;

  /// The padded cell nearest to a position of the model.
  [[nodiscard]] GridPoint nearest(const Position& position) const;
  /// A position's footprint on the padded grid.
  [[nodiscard]] std::vector<WeightedCell> cells_of(const Position& position) const;
  /// What receivers read in a padded row.
  [[nodiscard]] const std::vector<ReceiverCell>& receivers_in(std::int64_t row) const {
    return receivers_in_row_[static_cast<std::size_t>(row)];
  }

  /// The cells that a wave from the source can have reached at this step and that can still reach a receiver, or all.
  [[nodiscard]] Window window(const GridPoint& source, double cells_per_step, std::int64_t step) const;
  /// The cells that it can have reached, whether that matters to a receiver or not.
  [[nodiscard]] Window reached(const GridPoint& source, double cells_per_step, std::int64_t step) const;
  [[nodiscard]] Window whole() const { return {{0, rows_}, {0, columns_}, 4 * rows_, 4 * rows_}; }
  [[nodiscard]] bool is_active(const GridPoint& source, const Window& window, std::int64_t row) const {
    const std::int64_t inner = wrapped(row);
    if (inner < window.rows.first || inner >= window.rows.last) return false;
    return rows_between(inner, source.row, source.row + 1) <= window.source_distance &&
           rows_between(inner, receiver_first_row_, receiver_last_row_) <= window.receiver_distance;
  }

 private:
  /// From a row to the rows [first, last), on a ring the shorter way around.
  [[nodiscard]] std::int64_t rows_between(std::int64_t row, std::int64_t first, std::int64_t last) const {
    const std::int64_t around = mirrored_ ? 4 * rows_ : rows_;
    if (row < first) return std::min(first - row, row + around - last + 1);
    if (row >= last) return std::min(row - last + 1, first + around - row);
    return 0;
  }
  [[nodiscard]] Interval whole_lines(Interval columns) const;
  [[nodiscard]] Interval columns_within(std::int64_t first, std::int64_t last, std::int64_t distance) const;

  std::int64_t nz_, nx_, absorbing_, top_, reach_, samples_;
  bool mirrored_, active_window_;
  std::int64_t rows_, columns_, stride_;
  std::int64_t margin_;  ///< of the active window, in cells
  std::vector<std::vector<ReceiverCell>> receivers_in_row_;
  std::int64_t receiver_first_row_, receiver_last_row_ = 0;  ///< the box of the receivers, last one past the end
  std::int64_t receiver_first_column_, receiver_last_column_ = 0;
};

}  // namespace strataform::wave
