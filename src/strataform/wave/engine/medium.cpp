#include "strataform/wave/engine/medium.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/wave/stability.h"

namespace strataform::wave {
namespace {

template <class Real>
void require_stable(const survey::Modelling& modelling, Real slowest, Real fastest) {
  const double limit = largest_time_step(modelling, slowest, fastest);
  if (modelling.scheme.time_step <= limit) return;
  throw NumericalError(
      fmt::format("time step {} s is unstable for {} m/s on a grid of {} m: choose a `time_step` of "
                  "at most {:.6g} s",
                  modelling.scheme.time_step, fastest, modelling.grid.spacing, rounded_down(limit)));
}

/// What the function gives for 0, 1, .. cells - 1, in an array with room for more.
template <class Real, class Function>
void fill(AlignedVector<Real>& values, std::int64_t cells, std::int64_t room, Function function) {
  values.assign(static_cast<std::size_t>(room), Real(0));
  for (std::int64_t cell = 0; cell < cells; ++cell) {
    values[static_cast<std::size_t>(cell)] = static_cast<Real>(function(static_cast<double>(cell)));
  }
}

template <class Real, class Damping>
void set_damping(Medium<Real>& medium, const PaddedGrid& grid, bool layered, Damping damping) {
  const auto column_damping = [&](double column) { return damping(grid.columns_outside(column)); };
  const auto row_damping = [&](double row) { return damping(grid.rows_outside(row)); };
  const auto kept = [&](double column) { return 1.0 - column_damping(column); };
  const auto vertical = [&](double column) { return layered || grid.columns_outside(column) <= 0.0 ? 1.0 : 0.0; };
  fill(medium.kept, grid.columns(), grid.stride(), kept);
  fill(medium.vertical, grid.columns(), grid.stride(), vertical);
  fill(medium.row_damping, grid.rows(), grid.rows(), row_damping);
  if (!layered) return;
  const auto next_column = [&](double column) { return column_damping(column + 0.5); };
  const auto next_row = [&](double row) { return row_damping(row + 0.5); };
  fill(medium.column_damping, grid.columns(), grid.stride(), column_damping);
  fill(medium.column_damping_next, grid.columns(), grid.stride(), next_column);
  fill(medium.row_damping_next, grid.rows(), grid.rows(), next_row);
}

}  // namespace

template <class Real>
VelocityRange checked_range(const survey::Modelling& modelling, std::span<const Real> model) {
  for (const Real value : model) {
    if (!std::isfinite(value) || value <= Real(0)) {
      throw InputError(fmt::format("velocity: expected finite values above 0 m/s, found {}", value));
    }
  }
  const auto [slowest, fastest] = std::minmax_element(model.begin(), model.end());
  require_stable(modelling, *slowest, *fastest);
  return {*slowest, *fastest};
}

template <class Real>
void Medium<Real>::set(const PaddedGrid& grid, const survey::Modelling& modelling, std::span<const Real> part,
                       const VelocityRange& range) {
  const survey::Scheme& scheme = modelling.scheme;
  const double spacing = modelling.grid.spacing;
  cells_per_step = range.fastest * scheme.time_step / spacing;
  velocity.assign(grid.values(), Real(0));
  courant.assign(grid.values(), Real(0));
  for_each_cell(grid, [&](std::int64_t /*row*/, std::size_t cell, std::size_t model_cell) {
    const double ratio = part[model_cell] * scheme.time_step / spacing;
    velocity[cell] = part[model_cell];
    courant[cell] = static_cast<Real>(ratio * ratio);
  });
  const DampingProfile& profile = damping_of(scheme);
  const AbsorbingFrame frame = frame_of(modelling, range);
  layered = profile.layered;
  set_damping(*this, grid, layered, [&](double outside) { return scheme.time_step * profile.damping(frame, outside); });
}

template VelocityRange checked_range(const survey::Modelling&, std::span<const float>);
template VelocityRange checked_range(const survey::Modelling&, std::span<const double>);
template struct Medium<float>;
template struct Medium<double>;

}  // namespace strataform::wave
