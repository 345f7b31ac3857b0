// A survey in cells, as tests think of it: positions are rows and columns of the model, and all shots have the same
// receivers.
#pragma once

#include <cstdint>
#include <vector>

#include "strataform/survey/openfwi.h"
#include "strataform/wave/position.h"

namespace strataform::wave {

using survey::Absorber;

struct CellSurvey {
  double spacing = 10.0;
  double time_step = 1e-3;
  std::int64_t samples = 1000;
  double frequency = 15.0;
  std::vector<double> wavelet{};  ///< empty: Ricker's
  Absorber absorber = Absorber::kSponge;
  std::int64_t absorbing_cells = 120;
  std::int64_t space_order = 4;
  bool free_surface = false;
  std::vector<Position> sources{};
  std::vector<Position> receivers{};

  /// Over a model of nz x nx cells.
  [[nodiscard]] survey::Modelling on(std::int64_t nz, std::int64_t nx) const {
    survey::Modelling modelling;
    modelling.grid = {nz, nx, spacing, {}};
    modelling.survey.samples = samples;
    modelling.survey.sample_interval = time_step;
    std::vector<survey::Point> places;
    for (const auto& [row, column] : receivers) places.push_back(modelling.grid.at(row, column));
    for (const auto& [row, column] : sources)
      modelling.survey.shots.push_back({modelling.grid.at(row, column), places});
    modelling.source = {
        .peak_frequency = frequency, .wavelet = wavelet, .time_step = wavelet.empty() ? 0.0 : time_step};
    modelling.scheme = {.time_step = time_step,
                        .space_order = space_order,
                        .absorber = absorber,
                        .absorbing_cells = absorbing_cells,
                        .free_surface = free_surface};
    return modelling;
  }
};

/// Sources spread evenly and a receiver in every column of a model of any width, on row 1.
inline CellSurvey surface_cells(std::int64_t columns, std::int64_t sources, bool flip_shots = false) {
  const survey::Modelling modelling = survey::openfwi({.nx = columns, .shots = sources, .flip_shots = flip_shots});
  CellSurvey cells;
  for (const survey::Shot& shot : modelling.survey.shots) {
    cells.sources.push_back(position_on(modelling.grid, shot.source));
  }
  for (const survey::Point& receiver : modelling.survey.shots.front().receivers) {
    cells.receivers.push_back(position_on(modelling.grid, receiver));
  }
  return cells;
}

inline CellSurvey openfwi_cells(bool flip_shots = false) {
  return surface_cells(survey::Openfwi::kColumns, survey::Openfwi::kShots, flip_shots);
}

}  // namespace strataform::wave
