#include "strataform/wave/engine/boundary_strips.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"

namespace strataform::wave {

template <class Real>
BoundaryStrips<Real>::BoundaryStrips(const PaddedGrid& grid)
    : whole_rows_(grid.rows()), whole_columns_(grid.columns()) {
  const std::int64_t width = grid.reach();
  const auto [top, left] = grid.model_corner();
  inner_rows_ = {top > 0 ? top + 1 : 0, grid.rows() - left - 1};  // as many absorbing cells below as at the left
  inner_columns_ = {left + 1, grid.columns() - left - 1};
  rows_ = {top > 0 ? inner_rows_.first - width : 0, inner_rows_.last + width};
  columns_ = {inner_columns_.first - width, inner_columns_.last + width};
  if (left + 1 < width) {
    throw UsageError(fmt::format("boundary storage: expected at least {} absorbing cells, found {}", width - 1, left));
  }
  if (inner_rows_.first >= inner_rows_.last || inner_columns_.first >= inner_columns_.last) {
    throw UsageError("boundary storage: expected a map of at least 3 x 3 cells");
  }
  cells_ = 0;
  for (std::int64_t row = rows_.first; row < rows_.last; ++row) {
    first_in_row_.push_back(cells_);
    const bool inner = row >= inner_rows_.first && row < inner_rows_.last;
    cells_ += inner ? 2 * width : columns_.last - columns_.first;
  }
}

template <class Real>
void BoundaryStrips<Real>::clear(std::int64_t steps) {
  saved_.assign(static_cast<std::size_t>((steps + 1) * cells_), Real(0));
}

template <class Real>
Window BoundaryStrips<Real>::window() const {
  return {rows_, columns_, 4 * whole_rows_, 4 * whole_rows_};
}

template <class Real>
template <class Visit>
void BoundaryStrips<Real>::for_each_strip(std::int64_t state, std::int64_t row, Visit visit) const {
  if (state < 0 || row < rows_.first || row >= rows_.last) return;
  const std::int64_t first = state * cells_ + first_in_row_[static_cast<std::size_t>(row - rows_.first)];
  if (row < inner_rows_.first || row >= inner_rows_.last) {
    visit(first, columns_.first, columns_.last - columns_.first);
  } else {
    const std::int64_t width = inner_columns_.first - columns_.first;
    visit(first, columns_.first, width);
    visit(first + width, inner_columns_.last, width);
  }
}

template <class Real>
void BoundaryStrips<Real>::save(std::int64_t state, const Row& row, const Real* pressure) {
  if (row.in_halo) return;
  for_each_strip(state, row.row, [&](std::int64_t index, std::int64_t column, std::int64_t cells) {
    std::copy_n(pressure + row.start + column, cells, saved_.begin() + index);
  });
}

/// In rows of the halo, too: mirrored ones at a free surface are read.
template <class Real>
void BoundaryStrips<Real>::restore(std::int64_t state, const Row& row, Real* pressure) const {
  const auto sign = static_cast<Real>(row.sign);
  for_each_strip(state, row.wrapped, [&](std::int64_t index, std::int64_t column, std::int64_t cells) {
    std::transform(saved_.begin() + index, saved_.begin() + index + cells, pressure + row.start + column,
                   [sign](Real value) { return sign * value; });
  });
}

template <class Real>
void BoundaryStrips<Real>::clear_outside(AlignedVector<Real>& image, const PaddedGrid& grid) const {
  for (std::int64_t row = 0; row < grid.rows(); ++row) {
    const bool inner = row >= inner_rows_.first && row < inner_rows_.last;
    const auto first = image.begin() + grid.index(row, 0);
    std::fill(first, first + (inner ? inner_columns_.first : grid.columns()), Real(0));
    if (inner) std::fill(first + inner_columns_.last, first + grid.columns(), Real(0));
  }
}

template class BoundaryStrips<float>;
template class BoundaryStrips<double>;

}  // namespace strataform::wave
