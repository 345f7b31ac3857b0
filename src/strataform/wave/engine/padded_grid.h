#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "strataform/survey/modelling.h"
#include "strataform/wave/engine/footprint.h"
#include "strataform/wave/engine/ring.h"

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

/// The model with its absorbing cells, and where things lie in memory: rows of `stride` values with a halo on every
/// side. It is a ring in both directions; with a free surface on row 0 the rows are mirrored there instead and change
/// sign, and so they do at the last one.
class PaddedGrid {
 public:
  /// Around a model of nz x nx cells. Throws UsageError for fewer rows or columns than halo_rows(), absorbing cells
  /// included.
  PaddedGrid(std::int64_t nz, std::int64_t nx, const survey::Scheme& scheme);

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
  [[nodiscard]] std::size_t model_cells() const { return static_cast<std::size_t>(nz_ * nx_); }
  /// The cell of the model, row * nx + column, that a padded cell repeats.
  [[nodiscard]] std::size_t model_cell(std::int64_t row, std::int64_t column) const;
  /// How far a row or column lies from the model's nearest one, in cells, 0 within the model.
  [[nodiscard]] double rows_outside(double row) const;
  [[nodiscard]] double columns_outside(double column) const;

  /// The padded cell nearest to a position of the model.
  [[nodiscard]] GridPoint nearest(const Position& position) const;
  /// A position's footprint on the padded grid.
  [[nodiscard]] std::vector<WeightedCell> cells_of(const Position& position) const;
  /// Whole cache lines of columns: the vectors of the kernel then need no remainder.
  [[nodiscard]] Interval whole_lines(Interval columns) const;
  /// The columns within a distance of some: all of them once an edge is reached, for what leaves the grid there comes
  /// in on the other side.
  [[nodiscard]] Interval columns_within(Interval columns, std::int64_t distance) const;
  /// From a row to an interval of rows, on a ring the shorter way around.
  [[nodiscard]] std::int64_t rows_between(std::int64_t row, Interval rows) const {
    const std::int64_t around = mirrored_ ? 4 * rows_ : rows_;
    if (row < rows.first) return std::min(rows.first - row, row + around - rows.last + 1);
    if (row >= rows.last) return std::min(row - rows.last + 1, rows.first + around - row);
    return 0;
  }

 private:
  std::int64_t nz_, nx_, absorbing_, top_, reach_;
  bool mirrored_;
  std::int64_t rows_, columns_, stride_;
};

}  // namespace strataform::wave
