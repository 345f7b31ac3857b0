// Included once by each file that is compiled for one instruction set; it must not include anything that the
// linker could share between them, or code for a newer processor would leak into the portable build.

namespace {

template <bool StoresLaplacian, class Real>
inline void update_cells(const strataform::wave::StencilRow<Real>& row) {
  const Real* __restrict p = row.current;
  Real* __restrict q = row.previous;
  const Real* __restrict courant = row.courant;
  const Real* __restrict side = row.side;
  const Real* __restrict inside = row.inside;
  Real* __restrict stored = row.laplacian;
  const std::ptrdiff_t s = row.stride;
  const Real vertical = row.vertical;
#pragma GCC ivdep
  for (std::ptrdiff_t i = 0; i < row.cells; ++i) {
    const Real nearest = (p[i - 1] + p[i + 1]) + (p[i - s] + p[i + s]);
    const Real second = (p[i - 2] + p[i + 2]) + (p[i - 2 * s] + p[i + 2 * s]);
    const Real laplacian = Real(4.0 / 3.0) * nearest - Real(1.0 / 12.0) * second - Real(5) * p[i];
    const Real damping = side[i] + vertical * inside[i];
    q[i] = (Real(2) - damping) * p[i] - (Real(1) - damping) * q[i] + courant[i] * laplacian;
    if constexpr (StoresLaplacian) stored[i] = laplacian;
  }
}

template <class Real>
inline void update_row_cells(const strataform::wave::StencilRow<Real>& row) {
  if (row.laplacian != nullptr) {
    update_cells<true>(row);
  } else {
    update_cells<false>(row);
  }
}

template <class Real>
inline void multiply_add_cells(Real* __restrict sum, const Real* __restrict a, const Real* __restrict b,
                               std::ptrdiff_t cells) {
  for (std::ptrdiff_t i = 0; i < cells; ++i) sum[i] += a[i] * b[i];
}

}  // namespace
