#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "strataform/wave/medium.h"
#include "strataform/wave/padded_grid.h"
#include "strataform/wave/stencil.h"

namespace strataform::wave {

/// Two neighbouring states of a run. Step n turns the pair (p_n, p_n-1) into (p_n+1, p_n) and writes into array
/// (n + 1) mod 2.
template <class Real>
struct Wavefield {
  AlignedVector<Real> pressure[2];

  void clear(const PaddedGrid& grid) {
    for (auto& values : pressure) values.assign(grid.values(), Real(0));
  }
};

/// Where a row of a step was computed.
struct Row {
  std::int64_t step;
  std::int64_t row;      ///< may lie in the halo
  std::int64_t wrapped;  ///< the row of the grid that it repeats
  std::int64_t start;    ///< index of its first column
  Columns columns;       ///< what was updated
  [[nodiscard]] bool in_halo() const { return row != wrapped; }
};

/// What all sweeps of a run share.
template <class Real>
struct SweepContext {
  const PaddedGrid& grid;
  const Medium<Real>& medium;
  const RowOperations<Real>& operations;
  GridPoint source;  ///< on the padded grid
};

template <class Real>
void wrap_rows(const PaddedGrid& grid, Wavefield<Real>& field) {
  const std::int64_t halo = kHaloRows * grid.stride();
  const std::int64_t rows = grid.rows() * grid.stride();
  for (auto& pressure : field.pressure) {
    std::copy_n(pressure.begin() + rows, halo, pressure.begin());
    std::copy_n(pressure.begin() + halo, halo, pressure.begin() + halo + rows);
  }
}

/// Time steps first to before end, several per sweep over the rows. window_at(step) gives what a step updates,
/// laplacian_at(step) an array of grid.values() for L p or null; after_row(row, next) adds what drives the wave to the
/// array `next` and reads from it. It is called for every updated row, rows of the halo included, before the row is
/// wrapped around.
template <class Real, class WindowAt, class LaplacianAt, class AfterRow>
void advance(const SweepContext<Real>& context, Wavefield<Real>& field, std::int64_t first, std::int64_t end,
             WindowAt window_at, LaplacianAt laplacian_at, AfterRow after_row) {
  const PaddedGrid& grid = context.grid;
  const Medium<Real>& medium = context.medium;
  for (; first < end; first += kStepsPerSweep) {
    const std::int64_t steps = std::min(kStepsPerSweep, end - first);
    Window windows[kStepsPerSweep];
    Real* laplacians[kStepsPerSweep];
    for (std::int64_t k = 0; k < steps; ++k) {
      windows[k] = window_at(first + k);
      laplacians[k] = laplacian_at(first + k);
    }
    wrap_rows(grid, field);
    // Step k may update the halo rows that the steps after it in this sweep still read.
    for (std::int64_t front = -kHaloRows; front < grid.rows() + kHaloRows; ++front) {
      for (std::int64_t k = 0; k < steps; ++k) {
        const std::int64_t row = front - kReach * k;
        const std::int64_t halo = kReach * (steps - 1 - k);
        if (row < -halo || row >= grid.rows() + halo || !grid.is_active(context.source, windows[k], row)) continue;
        const Row place{first + k, row, grid.wrapped(row), grid.index(row, 0), windows[k].columns};
        const std::int64_t begin = place.start + place.columns.first;
        Real* const next = field.pressure[(place.step + 1) % 2].data();
        StencilRow<Real> stencil;
        stencil.current = field.pressure[place.step % 2].data() + begin;
        stencil.previous = next + begin;
        stencil.courant = medium.courant.data() + begin;
        stencil.side = medium.side.data() + place.columns.first;
        stencil.inside = medium.inside.data() + place.columns.first;
        stencil.laplacian = laplacians[k] != nullptr && !place.in_halo() ? laplacians[k] + begin : nullptr;
        stencil.vertical = medium.vertical[static_cast<std::size_t>(place.wrapped)];
        stencil.stride = grid.stride();
        stencil.cells = place.columns.last - place.columns.first;
        context.operations.update_row(stencil);
        after_row(place, next);
        for (std::int64_t offset = 0; offset < kReach; ++offset) {
          next[place.start - kReach + offset] = next[place.start + grid.columns() - kReach + offset];
          next[place.start + grid.columns() + offset] = next[place.start + offset];
        }
      }
    }
  }
}

}  // namespace strataform::wave
