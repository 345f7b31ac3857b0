#include "strataform/wave/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/wave/position.h"

namespace strataform::wave {
namespace {

void require(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

bool is_positive(double value) { return std::isfinite(value) && value > 0.0; }

void require_positive(double value, const char* what, const char* unit) {
  require(is_positive(value), fmt::format("{}: expected {} above 0, found {}", what, unit, value));
}

void check(const survey::Grid& grid) {
  require(grid.nz >= 1 && grid.nx >= 1,
          fmt::format("the map has {} x {} cells; at least 1 x 1 is needed", grid.nz, grid.nx));
  require_positive(grid.spacing, "spacing", "metres");
  require(std::isfinite(grid.origin.x) && std::isfinite(grid.origin.z), "origin of the map: expected finite metres");
}

void check(const survey::Source& source) {
  const auto is_finite = [](double value) { return std::isfinite(value); };
  require_positive(source.peak_frequency, "frequency", "Hz");
  require(std::ranges::all_of(source.wavelet, is_finite), "wavelet: expected finite values");
  if (!source.wavelet.empty()) require_positive(source.time_step, "time step of the wavelet", "seconds");
  require(is_finite(source.amplitude) && is_finite(source.delay),
          "amplitude and delay of the source: expected finite values");
}

void check(const survey::Scheme& scheme) {
  require_positive(scheme.time_step, "time step", "seconds");
  require(scheme.absorbing_cells >= 2,
          fmt::format("absorbing cells: expected at least 2, found {}", scheme.absorbing_cells));
  const std::int64_t order = scheme.space_order;
  require(order == 2 || order == 4 || order == 8, fmt::format("space order: expected 2, 4 or 8, found {}", order));
  require(scheme.aperture > 0.0, fmt::format("aperture: expected metres above 0, found {}", scheme.aperture));
}

void require_inside(const survey::Modelling& modelling, const survey::Point& point, const char* what) {
  const survey::Grid& grid = modelling.grid;
  const auto [row, column] = position_on(grid, point);
  const auto last_row = static_cast<double>(grid.nz - 1);
  const auto last_column = static_cast<double>(grid.nx - 1);
  require(row >= 0.0 && row <= last_row && column >= 0.0 && column <= last_column,
          fmt::format("survey: the {} at row {}, column {} ({:.6g} m deep, x = {:.6g} m) lies outside the map of {} x "
                      "{} cells",
                      what, row, column, point.z, point.x, grid.nz, grid.nx));
  require(
      !modelling.scheme.free_surface || row > 0.0,
      fmt::format("survey: the {} at column {} lies on the free surface, where the pressure is zero", what, column));
}

}  // namespace

void check(const survey::Modelling& modelling) {
  const auto& [grid, survey, source, scheme] = modelling;
  check(grid);
  check(source);
  check(scheme);
  require(survey.samples >= 1, fmt::format("`time_samples`: expected at least 1, found {}", survey.samples));
  require_positive(survey.sample_interval, "sample interval", "seconds");
  const double steps = survey.sample_interval / scheme.time_step;
  require(std::round(steps) >= 1.0 && std::abs(steps - std::round(steps)) < 1e-6 * steps,
          fmt::format("sample interval: expected a whole multiple of the time step, {} s, found {} s", scheme.time_step,
                      survey.sample_interval));
  require(!survey.shots.empty(), "survey: at least one source is needed");
  for (const survey::Shot& shot : survey.shots) {
    require(!shot.receivers.empty(), "survey: at least one receiver is needed");
    require_inside(modelling, shot.source, "source");
    for (const survey::Point& receiver : shot.receivers) require_inside(modelling, receiver, "receiver");
  }
}

}  // namespace strataform::wave
