#pragma once

#include <cstddef>
#include <cstdint>

#include "strataform/wave/kernels/stencil_coefficients.h"

/// Arithmetic that the CPU's row kernels and the accelerator's kernels share. It is always inlined: each of them is
/// compiled for a processor of its own, and the linker must find nothing that it could take for all of them.
#ifdef __CUDACC__
#define STRATAFORM_DEVICE __host__ __device__ __forceinline__
#else
#define STRATAFORM_DEVICE [[gnu::always_inline]] inline
#endif

/// One cell of one time step. A neighbour `down` rows below and `right` columns to the right is read as p(down, right),
/// however the caller finds it.
namespace strataform::wave::cell {

/// Where all neighbours lie in one array, `stride` values from row to row.
template <class Real>
struct Neighbours {
  const Real* __restrict values;  ///< at the cell itself
  std::ptrdiff_t stride;

  STRATAFORM_DEVICE Real operator()(std::ptrdiff_t down, std::ptrdiff_t right) const {
    return values[down * stride + right];
  }
};

/// Weight times the four cells that lie `Distance` away; then those further away.
template <int Reach, int Distance, class Real, class Neighbour>
STRATAFORM_DEVICE Real neighbours(const Neighbour& p) {
  constexpr auto kWeight = static_cast<Real>(SecondDerivative<Reach>::kNear[Distance - 1]);
  const Real here = kWeight * ((p(0, -Distance) + p(0, Distance)) + (p(-Distance, 0) + p(Distance, 0)));
  if constexpr (Distance == Reach) {
    return here;
  } else {
    return here + neighbours<Reach, Distance + 1, Real>(p);
  }
}

/// L p.
template <int Reach, class Real, class Neighbour>
STRATAFORM_DEVICE Real laplacian(const Neighbour& p) {
  constexpr auto kCentre = static_cast<Real>(2.0 * SecondDerivative<Reach>::kCentre);
  return neighbours<Reach, 1, Real>(p) + kCentre * p(0, 0);
}

/// p+ of UpdateRow in stencil.h; row_kept and column_kept are 1 less the dampings of the two directions.
template <class Real>
STRATAFORM_DEVICE Real next_pressure(Real p, Real previous, Real column_kept, Real row_kept, Real courant,
                                     Real laplacian) {
  return (column_kept + row_kept) * p - (column_kept * row_kept) * previous + courant * laplacian;
}

/// Coefficients of the first derivative between cells: near (p_1 - p_0) + far (p_2 - p_-1).
template <class Real>
struct FirstDerivative {
  Real near, far;

  template <class Neighbour>
  STRATAFORM_DEVICE Real along_x(const Neighbour& p) const {
    return near * (p(0, 1) - p(0, 0)) + far * (p(0, 2) - p(0, -1));
  }
  template <class Neighbour>
  STRATAFORM_DEVICE Real along_z(const Neighbour& p) const {
    return near * (p(1, 0) - p(0, 0)) + far * (p(2, 0) - p(-1, 0));
  }
};

/// Fourth order, which is as near to the eighth as matters in a layer; second order matches the stencil's exactly.
template <class Real>
STRATAFORM_DEVICE FirstDerivative<Real> layer_derivative(std::int64_t space_order) {
  if (space_order == 2) return {Real(1), Real(0)};
  return {Real(9.0 / 8.0), Real(-1.0 / 24.0)};
}

/// With S = 1 + k / (Z - 1) for a side's damping k, Z being one step forward in time, the matched layer's wave equation
/// S_x S_z delta_tt p = a (d_x S_z/S_x d_x + d_z S_x/S_z d_z) p has, beside what the stencil does, the part
/// D = d_x f_x + d_z f_z with f_x = (S_z/S_x - 1) d_x p, which is f_x+ = (1 - k_x) f_x + (k_z - k_x) d_x p.
/// This is D.
template <class Real, class MemoryX, class MemoryZ>
STRATAFORM_DEVICE Real layer_part(const FirstDerivative<Real>& derivative, const MemoryX& fx, const MemoryZ& fz) {
  return derivative.near * ((fx(0, 0) - fx(0, -1)) + (fz(0, 0) - fz(-1, 0))) +
         derivative.far * ((fx(0, 1) - fx(0, -2)) + (fz(1, 0) - fz(-2, 0)));
}

/// One direction's memory of a perfectly matched layer after a step, f_x+ or f_z+ of layer_part(). `damping` is that of
/// its own direction where it lies, `other` that of the other direction.
template <class Real>
STRATAFORM_DEVICE Real next_memory(Real memory, Real damping, Real other, Real derivative) {
  return (Real(1) - damping) * memory + (other - damping) * derivative;
}

}  // namespace strataform::wave::cell
