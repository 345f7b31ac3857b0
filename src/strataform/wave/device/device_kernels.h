#pragma once

#include <cstdint>
#include <variant>

#include "strataform/wave/engine/ring.h"
#include "strataform/wave/kernels/cell.h"

namespace strataform::wave {

/// The runs of a batch, side by side: run r is shot (first_shot + r) mod shots of model (first_shot + r) / shots.
/// Arrays of the batch hold rows x columns values run after run, without halos.
struct RunGrid {
  Ring rows, columns;
  std::int64_t shots = 1;
  std::int64_t first_shot = 0;

  [[nodiscard]] STRATAFORM_DEVICE std::int64_t cells() const { return rows.size * columns.size; }
  [[nodiscard]] STRATAFORM_DEVICE std::int64_t shot(std::int64_t run) const { return (first_shot + run) % shots; }
  [[nodiscard]] STRATAFORM_DEVICE std::int64_t model(std::int64_t run) const { return (first_shot + run) / shots; }
  /// Values of one model's coefficients.
  [[nodiscard]] STRATAFORM_DEVICE std::int64_t coefficients() const {
    return cells() + 4 * columns.size + 2 * rows.size;
  }
};

/// The medium of one model, see Medium: its arrays in this order, one after the other.
template <class Real>
struct Coefficients {
  const Real* courant;
  const Real* kept;
  const Real* vertical;
  const Real* column_damping;
  const Real* column_damping_next;
  const Real* row_damping;
  const Real* row_damping_next;

  STRATAFORM_DEVICE Coefficients(const RunGrid& grid, const Real* media, std::int64_t run)
      : courant(media + grid.model(run) * grid.coefficients()), kept(courant + grid.cells()),
        vertical(kept + grid.columns.size), column_damping(vertical + grid.columns.size),
        column_damping_next(column_damping + grid.columns.size), row_damping(column_damping_next + grid.columns.size),
        row_damping_next(row_damping + grid.rows.size) {}
};

/// A sparse matrix: row r has the weights first[r] to before first[r + 1], each of the column `index`.
template <class Real>
struct SparseRows {
  const std::int64_t* first = nullptr;
  const std::int64_t* index = nullptr;
  const Real* weight = nullptr;
};

/// A cell's neighbours in the array of its run, also beyond the grid's edges.
template <class Real>
struct RingNeighbours {
  const RunGrid& grid;
  const Real* values;  ///< of the run
  std::int64_t row, column;

  STRATAFORM_DEVICE Real operator()(std::int64_t down, std::int64_t right) const {
    const std::int64_t at = grid.rows.wrapped(row + down) * grid.columns.size + grid.columns.wrapped(column + right);
    return static_cast<Real>(grid.rows.sign(row + down)) * values[at];
  }
};

/// A cell's neighbours, also beyond the grid's edges, in an array of what lies half a row below the cells.
template <class Real>
struct RingNeighboursBetween {
  const RunGrid& grid;
  const Real* values;
  std::int64_t row, column;

  STRATAFORM_DEVICE Real operator()(std::int64_t down, std::int64_t right) const {
    return values[grid.rows.wrapped_between(row + down) * grid.columns.size + grid.columns.wrapped(column + right)];
  }
};

/// One time step of all cells but for what drives the wave: what update_row() and update_layers() in sweep.h do.
template <class Real>
struct UpdateCells {
  RunGrid grid;
  const Real* media = nullptr;
  std::int64_t space_order = 4;
  const Real* current = nullptr;  ///< p
  Real* next = nullptr;           ///< p-, replaced by p+
  Real* laplacian = nullptr;      ///< where L p goes, too; null: nowhere
  bool layered = false;           ///< with the perfectly matched layer's memory in:
  const Real* memory_x = nullptr;
  const Real* memory_z = nullptr;
  Real* next_memory_x = nullptr;
  Real* next_memory_z = nullptr;
  Interval without_rows = {}, without_columns = {};  ///< within both of which the layer adds nothing

  STRATAFORM_DEVICE void operator()(std::int64_t column, std::int64_t row, std::int64_t run) const {
    const Coefficients<Real> medium(grid, media, run);
    const std::int64_t start = run * grid.cells();
    const std::int64_t at = row * grid.columns.size + column;
    Real sum = laplacian_at(start, row, column);
    const Real row_kept = Real(1) - medium.row_damping[row] * medium.vertical[column];
    Real updated = cell::next_pressure(current[start + at], next[start + at], medium.kept[column], row_kept,
                                       medium.courant[at], sum);
    if (layered && !without_layer(row, column)) {
      const Real part = update_layer(medium, start, row, column);
      updated += medium.courant[at] * part;
      sum += part;
    }
    next[start + at] = updated;
    if (laplacian != nullptr) laplacian[start + at] = sum;
  }

 private:
  STRATAFORM_DEVICE Real laplacian_at(std::int64_t start, std::int64_t row, std::int64_t column) const {
    if (space_order == 2) return laplacian_of_reach<1>(start, row, column);
    return space_order == 8 ? laplacian_of_reach<4>(start, row, column) : laplacian_of_reach<2>(start, row, column);
  }

  template <int Reach>
  STRATAFORM_DEVICE Real laplacian_of_reach(std::int64_t start, std::int64_t row, std::int64_t column) const {
    if (row >= Reach && row < grid.rows.size - Reach && column >= Reach && column < grid.columns.size - Reach) {
      const std::int64_t stride = grid.columns.size;
      return cell::laplacian<Reach, Real>(cell::Neighbours<Real>{current + start + row * stride + column, stride});
    }
    return cell::laplacian<Reach, Real>(RingNeighbours<Real>{grid, current + start, row, column});
  }

  [[nodiscard]] STRATAFORM_DEVICE bool without_layer(std::int64_t row, std::int64_t column) const {
    return without_rows.holds(row) && without_columns.holds(column);
  }

  /// Updates the memory and returns the layer's part of the Laplacian.
  STRATAFORM_DEVICE Real update_layer(const Coefficients<Real>& medium, std::int64_t start, std::int64_t row,
                                      std::int64_t column) const {
    const auto derivative = cell::layer_derivative<Real>(space_order);
    const RingNeighbours<Real> p{grid, current + start, row, column};
    const RingNeighbours<Real> fx{grid, memory_x + start, row, column};
    const RingNeighboursBetween<Real> fz{grid, memory_z + start, row, column};
    const std::int64_t at = start + row * grid.columns.size + column;
    next_memory_x[at] = cell::next_memory(memory_x[at], medium.column_damping_next[column], medium.row_damping[row],
                                          derivative.along_x(p));
    next_memory_z[at] = cell::next_memory(memory_z[at], medium.row_damping_next[grid.rows.wrapped_between(row)],
                                          medium.column_damping[column], derivative.along_z(p));
    return cell::layer_part(derivative, fx, fz);
  }
};

/// What drives the forward wave, at cell x of the source of every run.
template <class Real>
struct AddSource {
  RunGrid grid;
  const Real* media = nullptr;
  SparseRows<Real> sources;  ///< [shots, cells]
  Real amount = 0;           ///< dx^2 w_n
  Real* next = nullptr;
  Real* laplacian = nullptr;  ///< gets the source's part, too, so that the image has its derivatives; null: nothing

  STRATAFORM_DEVICE void operator()(std::int64_t x, std::int64_t /*y*/, std::int64_t run) const {
    const std::int64_t shot = grid.shot(run);
    const std::int64_t entry = sources.first[shot] + x;
    if (entry >= sources.first[shot + 1]) return;
    const std::int64_t cell = sources.index[entry];
    const Real part = sources.weight[entry] * amount;
    next[run * grid.cells() + cell] += Coefficients<Real>(grid, media, run).courant[cell] * part;
    if (laplacian != nullptr) laplacian[run * grid.cells() + cell] += part;
  }
};

/// What drives the adjoint wave, at cell x of those that a shot's receivers read.
template <class Real>
struct AddAdjointSource {
  RunGrid grid;
  const Real* media = nullptr;
  std::int64_t cells_per_shot = 0;      ///< 0: all shots have the same
  const std::int64_t* cells = nullptr;  ///< [shots, cells_per_shot]
  SparseRows<Real> receivers;           ///< [shots, cells_per_shot, receivers]; a shot with fewer cells has empty rows
  const Real* gather = nullptr;         ///< derivatives of the misfit at this step of the first run
  std::int64_t gather_size = 0;
  Real* next = nullptr;

  STRATAFORM_DEVICE void operator()(std::int64_t x, std::int64_t /*y*/, std::int64_t run) const {
    const std::int64_t row = grid.shot(run) * cells_per_shot + x;
    if (receivers.first[row] == receivers.first[row + 1]) return;
    Real sum = 0;
    for (std::int64_t entry = receivers.first[row]; entry < receivers.first[row + 1]; ++entry) {
      sum += receivers.weight[entry] * gather[run * gather_size + receivers.index[entry]];
    }
    next[run * grid.cells() + cells[row]] += Coefficients<Real>(grid, media, run).courant[cells[row]] * sum;
  }
};

/// Reads a wave at point x of a shot: a receiver or, with one point per shot, the source.
template <class Real>
struct Record {
  RunGrid grid;
  std::int64_t points_per_shot = 1;  ///< 0: all shots have the same
  SparseRows<Real> points;           ///< [shots, points_per_shot, cells]; a shot with fewer points has empty rows
  const Real* wave = nullptr;
  Real* trace = nullptr;  ///< this step of the first run
  std::int64_t trace_size = 0;

  STRATAFORM_DEVICE void operator()(std::int64_t x, std::int64_t /*y*/, std::int64_t run) const {
    const std::int64_t point = grid.shot(run) * points_per_shot + x;
    Real sum = 0;
    for (std::int64_t entry = points.first[point]; entry < points.first[point + 1]; ++entry) {
      sum += points.weight[entry] * wave[run * grid.cells() + points.index[entry]];
    }
    trace[run * trace_size + x] = sum;
  }
};

/// image += q L p, for cell x of all runs.
template <class Real>
struct AddImage {
  std::int64_t cells = 0;  ///< of a run
  const Real* adjoint = nullptr;
  const Real* laplacian = nullptr;
  Real* image = nullptr;

  STRATAFORM_DEVICE void operator()(std::int64_t x, std::int64_t /*y*/, std::int64_t run) const {
    image[run * cells + x] += adjoint[run * cells + x] * laplacian[run * cells + x];
  }
};

using AnyKernel =
    std::variant<UpdateCells<float>, UpdateCells<double>, AddSource<float>, AddSource<double>, AddAdjointSource<float>,
                 AddAdjointSource<double>, Record<float>, Record<double>, AddImage<float>, AddImage<double>>;

/// All that an accelerator has to compute. kernel(x, y, run) does the part of one thread; threads need no order.
/// A type of its own, so that accelerator.h can name it alone.
struct Kernel : AnyKernel {
  using AnyKernel::AnyKernel;
};

}  // namespace strataform::wave
