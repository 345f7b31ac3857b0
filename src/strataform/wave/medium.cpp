#include "strataform/wave/medium.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/wave/sponge.h"

namespace strataform::wave {
namespace {

/// To six digits, so that a limit that was printed and typed in again is within the limit.
double rounded_down(double value) {
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 5.0);
  return std::floor(value / unit) * unit;
}

template <class Real>
AlignedVector<Real> strips(const Sponge& sponge, double dt, std::int64_t cells, std::int64_t room) {
  AlignedVector<Real> damping(static_cast<std::size_t>(room), Real(0));
  for (std::int64_t cell = 0; cell < sponge.cells; ++cell) {
    const auto value = static_cast<Real>(dt * sponge.damping(cell));
    damping[static_cast<std::size_t>(sponge.cells - 1 - cell)] = value;
    damping[static_cast<std::size_t>(cells - sponge.cells + cell)] = value;
  }
  return damping;
}

}  // namespace

template <class Real>
void Medium<Real>::set(const PaddedGrid& grid, const Acquisition& acquisition, std::span<const Real> model) {
  for (const Real value : model) {
    if (!std::isfinite(value) || value <= Real(0)) {
      throw InputError(fmt::format("velocity: expected finite values above 0 m/s, found {}", value));
    }
  }
  const auto [smallest, largest] = std::minmax_element(model.begin(), model.end());
  const Sponge sponge{acquisition.sponge_cells, acquisition.spacing, *smallest};
  const double dt = acquisition.time_step;
  const double limit = largest_time_step(sponge, *largest);
  if (dt > limit) {
    throw NumericalError(fmt::format("time step {} s is unstable for {} m/s on a grid of {} m: at most {:.6g} s", dt,
                                     *largest, acquisition.spacing, rounded_down(limit)));
  }
  cells_per_step = *largest * dt / acquisition.spacing;
  velocity.assign(grid.values(), Real(0));
  courant.assign(grid.values(), Real(0));
  for_each_cell(grid, [&](std::size_t cell, std::size_t model_cell) {
    const double ratio = model[model_cell] * dt / acquisition.spacing;
    velocity[cell] = model[model_cell];
    courant[cell] = static_cast<Real>(ratio * ratio);
  });
  side = strips<Real>(sponge, dt, grid.columns(), grid.stride());
  vertical = strips<Real>(sponge, dt, grid.rows(), grid.rows());
  inside.assign(static_cast<std::size_t>(grid.stride()), Real(0));
  std::fill_n(inside.begin() + sponge.cells, grid.columns() - 2 * sponge.cells, Real(1));
}

template struct Medium<float>;
template struct Medium<double>;

}  // namespace strataform::wave
