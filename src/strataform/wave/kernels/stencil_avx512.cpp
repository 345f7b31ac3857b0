#include <immintrin.h>

#include "strataform/wave/kernels/stencil.h"
#include "strataform/wave/kernels/stencil_row.inl"

namespace strataform::wave {
namespace {

/// The lanes of (low, high) from `Shift` on: the row seen from another column, without loads across cache lines.
template <int Shift>
inline __m512 shifted(__m512 low, __m512 high) {
  // All lanes by a mask: GCC 12 warns of an undefined value inside its own unmasked form.
  return _mm512_castsi512_ps(
      _mm512_maskz_alignr_epi32(0xFFFF, _mm512_castps_si512(high), _mm512_castps_si512(low), Shift));
}

/// As update_cells() of fourth order, sixteen cells at a time, neighbours in the row from registers.
template <bool StoresLaplacian>
inline void update_vectors(const StencilRow<float>& row) {
  constexpr std::ptrdiff_t kLanes = 16;
  const float* p = row.current;
  const std::ptrdiff_t s = row.stride;
  __m512 before = _mm512_loadu_ps(p - kLanes);
  __m512 here = _mm512_loadu_ps(p);
  for (std::ptrdiff_t i = 0; i < row.cells; i += kLanes) {
    const __m512 after = _mm512_loadu_ps(p + i + kLanes);
    const __m512 nearest = (shifted<15>(before, here) + shifted<1>(here, after)) +
                           (_mm512_loadu_ps(p + i - s) + _mm512_loadu_ps(p + i + s));
    const __m512 second = (shifted<14>(before, here) + shifted<2>(here, after)) +
                          (_mm512_loadu_ps(p + i - 2 * s) + _mm512_loadu_ps(p + i + 2 * s));
    const __m512 laplacian = 4.0F / 3.0F * nearest - 1.0F / 12.0F * second - 5.0F * here;
    const __m512 kept = _mm512_loadu_ps(row.kept + i);
    const __m512 row_kept = 1.0F - row.row_damping * _mm512_loadu_ps(row.vertical + i);
    const __m512 next = (kept + row_kept) * here - (kept * row_kept) * _mm512_loadu_ps(row.previous + i) +
                        _mm512_loadu_ps(row.courant + i) * laplacian;
    const std::ptrdiff_t left = row.cells - i;
    const auto mask = static_cast<__mmask16>(left >= kLanes ? 0xFFFF : (1 << left) - 1);
    _mm512_mask_storeu_ps(row.previous + i, mask, next);
    if constexpr (StoresLaplacian) _mm512_mask_storeu_ps(row.laplacian + i, mask, laplacian);
    before = here;
    here = after;
  }
}

inline void update_row_vectors(const StencilRow<float>& row) {
  if (row.laplacian != nullptr) {
    update_vectors<true>(row);
  } else {
    update_vectors<false>(row);
  }
}

}  // namespace

StencilKernel avx512_kernel();
StencilKernel avx512_kernel() {
  StencilKernel kernel{"avx512", row_operations<float>(), row_operations<double>()};
  kernel.floats.fourth_order = update_row_vectors;
  return kernel;
}

}  // namespace strataform::wave
