#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace strataform::wave {

/// One row of one time step. All pointers address the first cell to update; stride is the distance of rows.
template <class Real>
struct StencilRow {
  const Real* current = nullptr;  ///< p, readable two cells and two rows beyond the updated ones
  Real* previous = nullptr;       ///< p-, replaced by p+
  const Real* courant = nullptr;  ///< (v dt / dx)^2
  const Real* side = nullptr;     ///< dt damp of the left and right strips, per column
  const Real* inside = nullptr;   ///< 1 over the columns of the model, 0 over the strips
  Real* laplacian = nullptr;      ///< where L p goes, too; null: nowhere
  Real vertical = 0;              ///< dt damp of the top or bottom strip in this row
  std::ptrdiff_t stride = 0;
  std::ptrdiff_t cells = 0;
};

/// p+ = (2 - k) p - (1 - k) p- + a L p with L p = 4/3 (four nearest) - 1/12 (four second nearest) - 5 p, a = courant
/// and k = side + vertical * inside: second order in time, fourth in space.
template <class Real>
using UpdateRow = void (*)(const StencilRow<Real>& row);

/// sum += a * b over `cells` cells that do not overlap.
template <class Real>
using MultiplyAdd = void (*)(Real* sum, const Real* a, const Real* b, std::ptrdiff_t cells);

template <class Real>
struct RowOperations {
  UpdateRow<Real> update_row = nullptr;
  MultiplyAdd<Real> multiply_add = nullptr;
};

struct StencilKernel {
  std::string name;  ///< "avx512", "avx2" or "portable"
  RowOperations<float> floats;
  RowOperations<double> doubles;

  template <class Real>
  [[nodiscard]] const RowOperations<Real>& operations() const {
    if constexpr (std::is_same_v<Real, float>) {
      return floats;
    } else {
      return doubles;
    }
  }
};

/// The kernels that this processor can run, the fastest first. The last one runs anywhere.
const std::vector<StencilKernel>& stencil_kernels();

}  // namespace strataform::wave
