#include "strataform/wave/engine/setup.h"

#include <cmath>
#include <utility>

#include "strataform/wave/check.h"
#include "strataform/wave/position.h"
#include "strataform/wave/wavelet.h"

namespace strataform::wave {

Setup make_setup(const survey::Modelling& modelling, const StencilKernel& kernel, bool active_window) {
  check(modelling);
  const auto& [grid, survey, source, scheme] = modelling;
  std::vector<ShotPositions> shots;
  std::vector<std::int64_t> gather_start{0};
  for (const survey::Shot& shot : survey.shots) {
    ShotPositions& positions = shots.emplace_back(ShotPositions{position_on(grid, shot.source), {}});
    for (const survey::Point& receiver : shot.receivers) positions.receivers.push_back(position_on(grid, receiver));
    gather_start.push_back(gather_start.back() + survey.samples * std::ssize(shot.receivers));
  }
  const std::int64_t steps_per_sample = std::llround(survey.sample_interval / scheme.time_step);
  const WindowBounds window{active_window, survey.samples * steps_per_sample, window_margin(shots)};
  return {modelling,
          PaddedGrid(grid.nz, grid.nx, scheme),
          std::move(shots),
          std::move(gather_start),
          source_wavelet(source, scheme.time_step),
          steps_per_sample,
          window,
          kernel};
}

}  // namespace strataform::wave
