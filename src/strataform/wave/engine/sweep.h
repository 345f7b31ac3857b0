#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "strataform/wave/engine/medium.h"
#include "strataform/wave/engine/padded_grid.h"
#include "strataform/wave/engine/rendezvous.h"
#include "strataform/wave/engine/shot_layout.h"
#include "strataform/wave/kernels/cell.h"
#include "strataform/wave/kernels/stencil.h"

namespace strataform::wave {

/// Two neighbouring states of a run. Step n turns the pair (p_n, p_n-1) into (p_n+1, p_n) and writes into array
/// (n + 1) mod 2.
template <class Real>
struct Wavefield {
  AlignedVector<Real> pressure[2];
  /// What a perfectly matched layer remembers along x and along z, half a cell on in that direction; else empty.
  AlignedVector<Real> memory_x[2], memory_z[2];

  void clear(const PaddedGrid& grid, bool layered) {
    for (auto& values : pressure) values.assign(grid.values(), Real(0));
    for (auto* memory : {memory_x, memory_z}) {
      for (int k = 0; k < 2; ++k) memory[k].assign(layered ? grid.values() : 0, Real(0));
    }
  }
  [[nodiscard]] std::size_t values() const {
    std::size_t sum = 0;
    for (const auto* arrays : {pressure, memory_x, memory_z}) sum += arrays[0].size() + arrays[1].size();
    return sum;
  }
};

/// Where a row of a step was computed.
struct Row {
  std::int64_t step;
  std::int64_t row;      ///< may lie in the halo
  std::int64_t wrapped;  ///< the row of the grid that it repeats
  double sign;           ///< times this
  std::int64_t start;    ///< index of its first column
  Interval columns;      ///< what was updated
  bool in_halo;          ///< computed for the rows beside it alone: it belongs to another band, or to another edge
};

/// Rows of the grid that a thread advances on its own in each sweep, in arrays of its own. Those around them belong to
/// other bands, or are repeated from another edge, and are copied in front of a sweep.
template <class Real>
struct Band {
  Interval rows;
  Wavefield<Real>* field;
  std::span<const Band> all;  ///< that make up the grid, this one among them
  Rendezvous* rendezvous;     ///< of their threads
};

/// What all sweeps of a run share.
template <class Real>
struct SweepContext {
  const ShotLayout& layout;
  const PaddedGrid& grid;  ///< the layout's
  const Medium<Real>& medium;
  const RowOperations<Real>& operations;
  UpdateRow<Real> stencil;  ///< of the space order
  std::int64_t space_order;
  bool layered;                      ///< with the medium's perfectly matched layer
  const Band<Real>* band = nullptr;  ///< null: the whole grid
  [[nodiscard]] Interval rows() const { return band != nullptr ? band->rows : Interval{0, grid.rows()}; }
};

/// Fills the rows around `rows` of an array: row r with what array_of(wrapped(r)) has in its row wrapped(r), times
/// sign(r).
template <class Real, class ArrayOf, class Wrapped, class Sign>
void fill_halo_rows(const PaddedGrid& grid, Interval rows, AlignedVector<Real>& values, ArrayOf array_of,
                    Wrapped wrapped, Sign sign) {
  const auto fill = [&](std::int64_t row) {
    const Real* const from = array_of(wrapped(row)).data() + grid.index(wrapped(row), 0) - kHalo;
    Real* const to = values.data() + grid.index(row, 0) - kHalo;
    if (sign(row) > 0.0) {
      std::copy_n(from, grid.stride(), to);
    } else {
      std::transform(from, from + grid.stride(), to, [](Real value) { return -value; });
    }
  };
  for (std::int64_t distance = 1; distance <= grid.halo_rows(); ++distance) {
    fill(rows.first - distance);
    fill(rows.last - 1 + distance);
  }
}

/// Fills all halo rows of a field, from itself or from the fields of the bands.
template <class Real>
void wrap_rows(const SweepContext<Real>& context, Wavefield<Real>& field, std::int64_t step) {
  const PaddedGrid& grid = context.grid;
  const auto owner = [&](std::int64_t row) -> const Wavefield<Real>& {
    if (context.band == nullptr) return field;
    const auto has_row = [&](const Band<Real>& band) { return band.rows.holds(row); };
    return *std::ranges::find_if(context.band->all, has_row)->field;
  };
  const auto wrapped = [&](std::int64_t row) { return grid.wrapped(row); };
  const auto sign = [&](std::int64_t row) { return grid.sign(row); };
  const auto fill = [&](auto array_of, auto wrapped_row, auto sign_of) {
    fill_halo_rows(
        grid, context.rows(), array_of(field), [&](std::int64_t row) -> const auto& { return array_of(owner(row)); },
        wrapped_row, sign_of);
  };
  for (int k = 0; k < 2; ++k) fill([&](auto& of) -> auto& { return of.pressure[k]; }, wrapped, sign);
  if (field.memory_x[0].empty()) return;
  fill([&](auto& of) -> auto& { return of.memory_x[step % 2]; }, wrapped, sign);
  fill([&](auto& of) -> auto& { return of.memory_z[step % 2]; },
       [&](std::int64_t row) { return grid.wrapped_between(row); }, [](std::int64_t /*row*/) { return 1.0; });
}

/// The row is a ring: what lies beyond its ends is what lies at the other end. `start` is its first column.
template <class Real>
void wrap_columns(const PaddedGrid& grid, Real* start) {
  for (std::int64_t offset = 0; offset < grid.reach(); ++offset) {
    start[-grid.reach() + offset] = start[grid.columns() - grid.reach() + offset];
    start[grid.columns() + offset] = start[offset];
  }
}

/// The stencil's part of a step in one row. `laplacian`: where L p goes, or null.
template <class Real>
void update_row(const SweepContext<Real>& context, Wavefield<Real>& field, const Row& row, Real* laplacian) {
  const Medium<Real>& medium = context.medium;
  const std::int64_t begin = row.start + row.columns.first;
  StencilRow<Real> stencil;
  stencil.current = field.pressure[row.step % 2].data() + begin;
  stencil.previous = field.pressure[(row.step + 1) % 2].data() + begin;
  stencil.courant = medium.courant.data() + begin;
  stencil.kept = medium.kept.data() + row.columns.first;
  stencil.vertical = medium.vertical.data() + row.columns.first;
  stencil.laplacian = laplacian != nullptr ? laplacian + begin : nullptr;
  stencil.row_damping = medium.row_damping[static_cast<std::size_t>(row.wrapped)];
  stencil.stride = context.grid.stride();
  stencil.cells = row.columns.last - row.columns.first;
  context.stencil(stencil);
}

/// What the perfectly matched layer adds to it, in the columns from `first` to before `last`.
template <class Real>
void update_layer(const SweepContext<Real>& context, Wavefield<Real>& field, const Row& row, Interval columns,
                  Real* laplacian) {
  const std::int64_t cells = columns.last - columns.first;
  if (cells <= 0) return;
  const Medium<Real>& medium = context.medium;
  const std::int64_t begin = row.start + columns.first;
  const std::int64_t now = row.step % 2;
  LayerRow<Real> layer;
  layer.current = field.pressure[now].data() + begin;
  layer.next = field.pressure[1 - now].data() + begin;
  layer.courant = medium.courant.data() + begin;
  layer.laplacian = laplacian != nullptr ? laplacian + begin : nullptr;
  layer.memory[0] = field.memory_x[now].data() + begin;
  layer.memory[1] = field.memory_z[now].data() + begin;
  layer.next_memory[0] = field.memory_x[1 - now].data() + begin;
  layer.next_memory[1] = field.memory_z[1 - now].data() + begin;
  layer.column_damping = medium.column_damping.data() + columns.first;
  layer.column_damping_next = medium.column_damping_next.data() + columns.first;
  layer.row_damping = medium.row_damping[static_cast<std::size_t>(row.wrapped)];
  layer.row_damping_next = medium.row_damping_next[static_cast<std::size_t>(context.grid.wrapped_between(row.row))];
  const auto [near, far] = cell::layer_derivative<Real>(context.space_order);
  layer.near = near;
  layer.far = far;
  layer.stride = context.grid.stride();
  layer.cells = cells;
  context.operations.update_layer(layer);
}

/// What a perfectly matched layer adds to a step in a row: in the whole row above and below the model, else at both
/// sides and, by one cell, in the model. Whole cache lines: where there is no layer nothing is added, and the vectors
/// of the kernel need no remainder.
template <class Real>
void update_layers(const SweepContext<Real>& context, Wavefield<Real>& field, const Row& row, Real* laplacian) {
  const PaddedGrid& grid = context.grid;
  const std::int64_t end = (row.columns.last + kHalo - 1) / kHalo * kHalo;
  const auto position = static_cast<double>(row.wrapped);
  const std::int64_t left_end = (grid.model_corner().column + kHalo) / kHalo * kHalo;
  const std::int64_t right = (grid.columns() - grid.model_corner().column - 1) / kHalo * kHalo;
  const bool sides_only = grid.rows_outside(position - 1.0) == 0.0 && grid.rows_outside(position + 1.0) == 0.0;
  if (sides_only && left_end < right) {
    update_layer(context, field, row, {row.columns.first, std::min(left_end, end)}, laplacian);
    update_layer(context, field, row, {std::max(right, row.columns.first), end}, laplacian);
  } else {
    update_layer(context, field, row, {row.columns.first, end}, laplacian);
  }
  wrap_columns(grid, field.memory_x[(row.step + 1) % 2].data() + row.start);
}

/// Time steps first to before end, several per sweep over the rows. window_at(step) gives what a step updates,
/// laplacian_at(step) an array of grid.values() for L p, the layer's part included, or null; after_row(row, next) adds
/// what drives the wave to the array `next` and reads from it. It is called for every updated row, rows of the halo
/// included, before the row is wrapped around.
template <class Real, class WindowAt, class LaplacianAt, class AfterRow>
void advance(const SweepContext<Real>& context, Wavefield<Real>& field, std::int64_t first, std::int64_t end,
             WindowAt window_at, LaplacianAt laplacian_at, AfterRow after_row) {
  const PaddedGrid& grid = context.grid;
  const std::int64_t reach = grid.reach();
  const Interval rows = context.rows();
  for (; first < end; first += kStepsPerSweep) {
    const std::int64_t steps = std::min(kStepsPerSweep, end - first);
    Window windows[kStepsPerSweep];
    Real* laplacians[kStepsPerSweep];
    for (std::int64_t k = 0; k < steps; ++k) {
      windows[k] = window_at(first + k);
      laplacians[k] = laplacian_at(first + k);
    }
    // No band may copy from another that still computes, nor compute over what another still copies.
    if (context.band != nullptr && !context.band->rendezvous->wait()) return;
    wrap_rows(context, field, first);
    if (context.band != nullptr && !context.band->rendezvous->wait()) return;
    // Step k may update the halo rows that the steps after it in this sweep still read.
    for (std::int64_t front = rows.first - grid.halo_rows(); front < rows.last + grid.halo_rows(); ++front) {
      for (std::int64_t k = 0; k < steps; ++k) {
        const std::int64_t row = front - reach * k;
        const std::int64_t halo = reach * (steps - 1 - k);
        if (row < rows.first - halo || row >= rows.last + halo) continue;
        if (!context.layout.is_active(windows[k], row)) continue;
        const bool in_halo = !rows.holds(row);
        const Row place{first + k,          row,    grid.wrapped(row), grid.sign(row), grid.index(row, 0),
                        windows[k].columns, in_halo};
        Real* const laplacian = in_halo ? nullptr : laplacians[k];
        update_row(context, field, place, laplacian);
        if (context.layered) update_layers(context, field, place, laplacian);
        Real* const next = field.pressure[(place.step + 1) % 2].data();
        after_row(place, next);
        wrap_columns(grid, next + place.start);
      }
    }
  }
}

}  // namespace strataform::wave
