#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace strataform::wave {

/// One row of one time step. All pointers address the first cell to update; stride is the distance of rows.
template <class Real>
struct StencilRow {
  const Real* current = nullptr;   ///< p, readable as far beyond the updated cells and rows as the stencil reaches
  Real* previous = nullptr;        ///< p-, replaced by p+
  const Real* courant = nullptr;   ///< (v dt / dx)^2
  const Real* kept = nullptr;      ///< 1 - dt damp of the left and right sides, per column
  const Real* vertical = nullptr;  ///< where the row's own damping holds, per column: 1 or 0
  Real* laplacian = nullptr;       ///< where L p goes, too; null: nowhere
  Real row_damping = 0;            ///< dt damp of the top or bottom side in this row
  std::ptrdiff_t stride = 0;
  std::ptrdiff_t cells = 0;
};

/// p+ = (2 - k) p - (1 - k) p- + a L p with a = courant, L the sum of the two second derivatives times dx^2 and k the
/// damping: second order in time. Where both sides' dampings k and l hold, in the corners of a perfectly matched layer,
/// 2 - k - l and (1 - k)(1 - l).
template <class Real>
using UpdateRow = void (*)(const StencilRow<Real>& row);

/// One row of what a perfectly matched layer adds to a time step, see layer_update() in stencil_row.inl. All pointers
/// address the first cell.
template <class Real>
struct LayerRow {
  const Real* current = nullptr;  ///< p
  Real* next = nullptr;           ///< p+, to which a times the layer's part D of the Laplacian is added
  const Real* courant = nullptr;
  Real* laplacian = nullptr;                  ///< to which D is added, too; null: nowhere
  const Real* memory[2] = {};                 ///< the layer's memory along x, half a cell to the right, and z, below
  Real* next_memory[2] = {};                  ///< the layer's memory after the step
  const Real* column_damping = nullptr;       ///< dt damp of the left and right sides, per column
  const Real* column_damping_next = nullptr;  ///< dt damp half a column to the right
  Real row_damping = 0;
  Real row_damping_next = 0;
  Real near = 0;  ///< coefficients of the first derivative between cells: near (p_1 - p_0) + far (p_2 - p_-1)
  Real far = 0;
  std::ptrdiff_t stride = 0;
  std::ptrdiff_t cells = 0;
};

template <class Real>
using UpdateLayer = void (*)(const LayerRow<Real>& row);

/// sum += a * b over `cells` cells that do not overlap.
template <class Real>
using MultiplyAdd = void (*)(Real* sum, const Real* a, const Real* b, std::ptrdiff_t cells);

template <class Real>
struct RowOperations {
  UpdateRow<Real> second_order = nullptr;
  UpdateRow<Real> fourth_order = nullptr;
  UpdateRow<Real> eighth_order = nullptr;
  UpdateLayer<Real> update_layer = nullptr;
  MultiplyAdd<Real> multiply_add = nullptr;

  [[nodiscard]] UpdateRow<Real> update_row(std::int64_t space_order) const {
    if (space_order == 2) return second_order;
    return space_order == 8 ? eighth_order : fourth_order;
  }
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
