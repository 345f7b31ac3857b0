// Included once by each file that is compiled for one instruction set; it must not include anything that the
// linker could share between them, or code for a newer processor would leak into the portable build.

#include "strataform/wave/stencil_coefficients.h"

namespace {

/// Weight times the four cells that lie `Distance` away; then those further away.
template <int Reach, int Distance, class Real>
inline Real neighbours(const Real* p, std::ptrdiff_t stride) {
  constexpr auto kWeight = static_cast<Real>(strataform::wave::SecondDerivative<Reach>::kNear[Distance - 1]);
  const Real here = kWeight * ((p[-Distance] + p[Distance]) + (p[-Distance * stride] + p[Distance * stride]));
  if constexpr (Distance == Reach) {
    return here;
  } else {
    return here + neighbours<Reach, Distance + 1>(p, stride);
  }
}

template <int Reach, bool StoresLaplacian, class Real>
inline void update_cells(const strataform::wave::StencilRow<Real>& row) {
  constexpr auto kCentre = static_cast<Real>(2.0 * strataform::wave::SecondDerivative<Reach>::kCentre);
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
    const Real laplacian = neighbours<Reach, 1>(p + i, stride) + kCentre * p[i];
    const Real row_kept = Real(1) - row_damping * vertical[i];
    q[i] = (kept[i] + row_kept) * p[i] - (kept[i] * row_kept) * q[i] + courant[i] * laplacian;
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

/// With S = 1 + k / (Z - 1) for a side's damping k, Z being one step forward in time, the matched layer's wave equation
/// S_x S_z delta_tt p = a (d_x S_z/S_x d_x + d_z S_x/S_z d_z) p has, beside what the stencil does, the part
/// D = d_x f_x + d_z f_z with f_x = (S_z/S_x - 1) d_x p, which is f_x+ = (1 - k_x) f_x + (k_z - k_x) d_x p.
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
  const Real near = row.near;
  const Real far = row.far;
  const Real row_damping = row.row_damping;
  const Real row_damping_next = row.row_damping_next;
#pragma GCC ivdep
  for (std::ptrdiff_t i = 0; i < row.cells; ++i) {
    const Real part = near * ((fx[i] - fx[i - 1]) + (fz[i] - fz[i - s])) +
                      far * ((fx[i + 1] - fx[i - 2]) + (fz[i + s] - fz[i - 2 * s]));
    next[i] += courant[i] * part;
    if constexpr (StoresLaplacian) stored[i] += part;
    const Real along_x = near * (p[i + 1] - p[i]) + far * (p[i + 2] - p[i - 1]);
    const Real along_z = near * (p[i + s] - p[i]) + far * (p[i + 2 * s] - p[i - s]);
    next_fx[i] = (Real(1) - damping_next[i]) * fx[i] + (row_damping - damping_next[i]) * along_x;
    next_fz[i] = (Real(1) - row_damping_next) * fz[i] + (damping[i] - row_damping_next) * along_z;
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
