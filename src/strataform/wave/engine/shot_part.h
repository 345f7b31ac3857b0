#pragma once

#include <span>
#include <vector>

#include "strataform/wave/engine/medium.h"
#include "strataform/wave/engine/setup.h"

namespace strataform::wave {

/// More cells than the fastest wave travels in a time step of any scheme that is stable: (v dt / dx)^2 < 1/2.
inline constexpr double kMostCellsPerStep = 0.7072;

/// The columns of the model in which a shot is modelled where the fastest wave travels so many cells in a time step: as
/// far as it can go and still come back to a receiver within the record, at most as far as the aperture reaches. What
/// lies farther out repeats their edges. Without an active window, and without an aperture, all columns.
Interval part_of(const Setup& setup, const ShotPositions& shot, double cells_per_step);

/// The shot in those columns.
ShotLayout layout_in(const Setup& setup, const ShotPositions& shot, Interval columns);

/// The columns of a model or of anything else [nz, nx]; `copy` is where they are put unless they are all.
template <class Real>
std::span<const Real> cut_out(std::span<const Real> model, std::int64_t nx, Interval columns, std::vector<Real>& copy) {
  if (columns.first == 0 && columns.last == nx) return model;
  copy.clear();
  for (auto row = model.begin(); row != model.end(); row += nx) {
    copy.insert(copy.end(), row + columns.first, row + columns.last);
  }
  return copy;
}

/// A shot's part of a model.
template <class Real>
struct PartOfModel {
  Interval columns;
  VelocityRange range;  ///< of the whole model
  ShotLayout layout;
  std::span<const Real> whole;
  std::vector<Real> copy{};

  /// model: [nz, nx] in m/s, which has to outlive the part.
  PartOfModel(const Setup& setup, const ShotPositions& shot, std::span<const Real> model, const VelocityRange& of_model)
      : columns(
            part_of(setup, shot, of_model.fastest * setup.modelling.scheme.time_step / setup.modelling.grid.spacing)),
        range(of_model), layout(layout_in(setup, shot, columns)), whole(model) {
    (void)cut_out(model, setup.nx(), columns, copy);
  }

  [[nodiscard]] std::span<const Real> velocity() const { return copy.empty() ? whole : std::span<const Real>(copy); }
};

/// Adds what belongs to those columns to a model [nz, nx].
inline void add_part(std::span<const double> part, std::int64_t nx, Interval columns, std::span<double> model) {
  const auto width = static_cast<std::size_t>(columns.last - columns.first);
  auto row = model.begin() + columns.first;
  for (std::size_t first = 0; first < part.size(); first += width, row += nx) {
    for (std::size_t k = 0; k < width; ++k) row[static_cast<std::ptrdiff_t>(k)] += part[first + k];
  }
}

}  // namespace strataform::wave
