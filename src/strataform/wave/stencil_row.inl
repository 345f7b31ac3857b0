// Included once by each file that is compiled for one instruction set; it must not include anything that the
// linker could share between them, or code for a newer processor would leak into the portable build.

namespace {

inline void update_row_cells(const strataform::wave::StencilRow& row) {
  const float* __restrict p = row.current;
  float* __restrict q = row.previous;
  const float* __restrict courant = row.courant;
  const float* __restrict side = row.side;
  const float* __restrict inside = row.inside;
  const std::ptrdiff_t s = row.stride;
  const float vertical = row.vertical;
#pragma GCC ivdep
  for (std::ptrdiff_t i = 0; i < row.cells; ++i) {
    const float nearest = (p[i - 1] + p[i + 1]) + (p[i - s] + p[i + s]);
    const float second = (p[i - 2] + p[i + 2]) + (p[i - 2 * s] + p[i + 2 * s]);
    const float laplacian = 4.0F / 3.0F * nearest - 1.0F / 12.0F * second - 5.0F * p[i];
    const float damping = side[i] + vertical * inside[i];
    q[i] = (2.0F - damping) * p[i] - (1.0F - damping) * q[i] + courant[i] * laplacian;
  }
}

}  // namespace
