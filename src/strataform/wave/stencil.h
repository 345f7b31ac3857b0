#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace strataform::wave {

/// One row of one time step. All pointers address the first cell to update; stride is the distance of rows.
struct StencilRow {
  const float* current = nullptr;  ///< p, readable two cells and two rows beyond the updated ones
  float* previous = nullptr;       ///< p-, replaced by p+
  const float* courant = nullptr;  ///< (v dt / dx)^2
  const float* side = nullptr;     ///< dt damp of the left and right strips, per column
  const float* inside = nullptr;   ///< 1 over the columns of the model, 0 over the strips
  float vertical = 0.0F;           ///< dt damp of the top or bottom strip in this row
  std::ptrdiff_t stride = 0;
  std::ptrdiff_t cells = 0;
};

/// p+ = (2 - 5a - k) p - (1 - k) p- + a [4/3 (four nearest) - 1/12 (four second nearest)], with a = courant and
/// k = side + vertical * inside: second order in time, fourth in space.
using UpdateRow = void (*)(const StencilRow& row);

struct StencilKernel {
  std::string name;  ///< "avx512", "avx2" or "portable"
  UpdateRow update_row = nullptr;
};

/// The kernels that this processor can run, the fastest first. The last one runs anywhere.
const std::vector<StencilKernel>& stencil_kernels();

}  // namespace strataform::wave
