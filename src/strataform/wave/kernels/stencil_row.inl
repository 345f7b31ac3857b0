// Included once by each file that is compiled for one instruction set; it must not include anything that the
// linker could share between them, or code for a newer processor would leak into the portable build.

#include "strataform/wave/kernels/cell.h"

namespace {

namespace cell = strataform::wave::cell;

template <int Reach, bool StoresLaplacian, class Real>
inline void update_cells(const strataform::wave::StencilRow<Real>& row) {
  const Real* __restrict p = row.current;
  Real* __restrict q = row.previous;
  const Real* __restrict courant = row.courant;
  const Real* __restrict kept = row.kept;
  const Real* __restrict vertical = row.vertical;
  Real* __restrict stored = row.laplacian;
  const std::ptrdiff_t stride = row.stride;
  const Real row_damping = row.row_damping;
#pragma GCC ivdep
  for (std::ptrdiff_t i = 0; i < row.cells; ++i) {
    const Real laplacian = cell::laplacian<Reach, Real>(cell::Neighbours<Real>{p + i, stride});
    const Real row_kept = Real(1) - row_damping * vertical[i];
    q[i] = cell::next_pressure(p[i], q[i], kept[i], row_kept, courant[i], laplacian);
    if constexpr (StoresLaplacian) stored[i] = laplacian;
  }
}

template <int Reach, class Real>
inline void update_row_cells(const strataform::wave::StencilRow<Real>& row) {
  if (row.laplacian != nullptr) {
    update_cells<Reach, true>(row);
  } else {
    update_cells<Reach, false>(row);
  }
}

template <bool StoresLaplacian, class Real>
inline void update_layer_cells(const strataform::wave::LayerRow<Real>& row) {
  const Real* __restrict p = row.current;
  const Real* __restrict fx = row.memory[0];
  const Real* __restrict fz = row.memory[1];
  Real* __restrict next = row.next;
  Real* __restrict next_fx = row.next_memory[0];
  Real* __restrict next_fz = row.next_memory[1];
  Real* __restrict stored = row.laplacian;
  const Real* __restrict courant = row.courant;
  const Real* __restrict damping = row.column_damping;
  const Real* __restrict damping_next = row.column_damping_next;
  const std::ptrdiff_t s = row.stride;
  const cell::FirstDerivative<Real> derivative{row.near, row.far};
  const Real row_damping = row.row_damping;
  const Real row_damping_next = row.row_damping_next;
#pragma GCC ivdep
  for (std::ptrdiff_t i = 0; i < row.cells; ++i) {
    const cell::Neighbours<Real> pressure{p + i, s};
    const Real part =
        cell::layer_part(derivative, cell::Neighbours<Real>{fx + i, s}, cell::Neighbours<Real>{fz + i, s});
    next[i] += courant[i] * part;
    if constexpr (StoresLaplacian) stored[i] += part;
    next_fx[i] = cell::next_memory(fx[i], damping_next[i], row_damping, derivative.along_x(pressure));
    next_fz[i] = cell::next_memory(fz[i], row_damping_next, damping[i], derivative.along_z(pressure));
  }
}

template <class Real>
inline void layer_update(const strataform::wave::LayerRow<Real>& row) {
  if (row.laplacian != nullptr) {
    update_layer_cells<true>(row);
  } else {
    update_layer_cells<false>(row);
  }
}

template <class Real>
inline void multiply_add_cells(Real* __restrict sum, const Real* __restrict a, const Real* __restrict b,
                               std::ptrdiff_t cells) {
  for (std::ptrdiff_t i = 0; i < cells; ++i) sum[i] += a[i] * b[i];
}

template <class Real>
strataform::wave::RowOperations<Real> row_operations() {
  return {update_row_cells<1, Real>, update_row_cells<2, Real>, update_row_cells<4, Real>, layer_update<Real>,
          multiply_add_cells<Real>};
}

}  // namespace
