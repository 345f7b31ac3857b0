#pragma once

#include <span>
#include <vector>

#include "strataform/core/aligned_vector.h"
#include "strataform/wave/absorbers/damping_profile.h"
#include "strataform/wave/engine/padded_grid.h"

namespace strataform::wave {

/// Throws InputError for a value that is not finite and positive, NumericalError for a time step beyond the
/// stability limit.
template <class Real>
VelocityRange checked_range(const survey::Modelling& modelling, std::span<const Real> model);

/// The coefficients of the scheme for one velocity model.
template <class Real>
struct Medium {
  double cells_per_step = 0.0;      ///< how far the fastest wave travels in a time step
  AlignedVector<Real> velocity;     ///< padded, m/s
  AlignedVector<Real> courant;      ///< padded, (v dt / dx)^2
  AlignedVector<Real> kept;         ///< 1 - dt damp of the left and right sides, per padded column
  AlignedVector<Real> vertical;     ///< 1 in the columns in which the rows' own damping holds, else 0
  AlignedVector<Real> row_damping;  ///< dt damp of the top and bottom sides, per padded row

  bool layered = false;                                     ///< a perfectly matched layer, with the three arrays below
  AlignedVector<Real> column_damping, column_damping_next;  ///< dt damp, per column and half a column on
  AlignedVector<Real> row_damping_next;  ///< dt damp of the top and bottom sides half a row further down

  /// part: what the grid pads of a model, in m/s; range: of the whole model, on which the absorber depends.
  void set(const PaddedGrid& grid, const survey::Modelling& modelling, std::span<const Real> part,
           const VelocityRange& range);
};

/// visit(padded row, padded cell, model cell) for all cells of the padded grid, halos included: indices into arrays of
/// grid.values() and of nz * nx values.
template <class Visit>
void for_each_cell(const PaddedGrid& grid, Visit visit) {
  for (std::int64_t row = -grid.halo_rows(); row < grid.rows() + grid.halo_rows(); ++row) {
    for (std::int64_t column = 0; column < grid.columns(); ++column) {
      visit(row, static_cast<std::size_t>(grid.index(row, column)), grid.model_cell(grid.wrapped(row), column));
    }
  }
}

}  // namespace strataform::wave
