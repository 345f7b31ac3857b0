#include "strataform/data/varied_recording.h"

#include <algorithm>
#include <cmath>

#include "strataform/core/random.h"
#include "strataform/survey/openfwi.h"
#include "strataform/survey/shot_image.h"
#include "strataform/wave/stability.h"
#include "strataform/wave/wavelet.h"

namespace strataform::data {
namespace {

constexpr double kUsualShare = 0.4;
constexpr double kFreeSurfaceShare = 0.3;
constexpr double kBetweenCells = 0.25;  ///< share of the depths and spreads that do not lie on cells
constexpr double kDeepest = 20.0;
/// A free surface hears nothing: what lies nearer to it is faint.
constexpr double kShallowestBelowSurface = 5.0;

double log_uniform(Random& random, double low, double high) {
  return std::exp(random.uniform(std::log(low), std::log(high)));
}

survey::Point anywhere(Random& random, const survey::Grid& grid, double depth) {
  return {grid.origin.x + random.uniform(0.0, static_cast<double>(grid.nx - 1) * grid.spacing), depth};
}

/// Mostly a row's: between rows, what is recorded has to be interpolated, which takes time.
double draw_depth(Random& random, const survey::Modelling& modelling) {
  const double spacing = modelling.grid.spacing;
  const bool free_surface = modelling.scheme.free_surface;
  if (random.chance(kBetweenCells)) return random.uniform(free_surface ? kShallowestBelowSurface : 0.0, kDeepest);
  return static_cast<double>(random.integer(free_surface ? 1 : 0, std::lround(kDeepest / spacing))) * spacing;
}

void draw_places(Random& random, survey::Modelling& modelling) {
  const survey::Grid& grid = modelling.grid;
  const double source_depth = draw_depth(random, modelling);
  const double receiver_depth = draw_depth(random, modelling);
  const double shift = random.chance(kBetweenCells) ? random.uniform(-0.5, 0.5) * grid.spacing : 0.0;
  const double last = grid.origin.x + static_cast<double>(grid.nx - 1) * grid.spacing;
  for (survey::Shot& shot : modelling.survey.shots) {
    shot.source = anywhere(random, grid, source_depth);
    for (survey::Point& receiver : shot.receivers) {
      receiver = {std::clamp(receiver.x + shift, grid.origin.x, last), receiver_depth};
    }
  }
}

void draw_absorber(Random& random, survey::Scheme& scheme) {
  const double kind = random.uniform();
  if (kind < 0.15) return;  // OpenFWI's
  if (kind < 0.35) {
    scheme.absorbing_cells = std::lround(log_uniform(random, 20.0, 150.0));
    scheme.sponge_velocity = random.uniform(1500.0, 4500.0);
    return;
  }
  scheme.absorber = survey::Absorber::kPml;
  scheme.absorbing_cells = random.integer(10, 40);
}

void draw_wavelet(Random& random, survey::Modelling& modelling) {
  if (random.chance(0.5)) return;  // OpenFWI's
  survey::Source& source = modelling.source;
  const double step = modelling.scheme.time_step;
  source.peak_frequency = log_uniform(random, 5.0, 25.0);
  const double later =
      static_cast<double>(wave::ricker_centre(source.peak_frequency, step)) * step - survey::ShotImage::kPeakTime;
  source.delay = std::ceil(later / survey::ShotImage::kRowTime - 1e-6) * survey::ShotImage::kRowTime - later;
}

/// Over every map of the generators, so that no draw depends on its map. A thin absorber damps too much for the step.
bool is_stable(const survey::Modelling& modelling) {
  constexpr double kSlowest = 1500.0;
  constexpr double kFastest = 4500.0;
  return modelling.scheme.time_step <= wave::largest_time_step(modelling, kSlowest, kFastest);
}

}  // namespace

survey::Modelling draw_modelling(const geology::MapSize& size, std::uint64_t seed, std::int64_t index) {
  Random random(seed ^ stream_of("varied-recording"), static_cast<std::uint64_t>(index));
  survey::Modelling modelling = survey::openfwi({.nz = size.nz, .nx = size.nx});
  std::vector<survey::Shot>& shots = modelling.survey.shots;
  shots.push_back(shots.front());
  shots.back().source = anywhere(random, modelling.grid, shots.front().source.z);
  if (!random.chance(kUsualShare)) {
    modelling.scheme.free_surface = random.chance(kFreeSurfaceShare);
    draw_places(random, modelling);
  }
  draw_wavelet(random, modelling);
  draw_absorber(random, modelling.scheme);
  // Other solvers have other dispersion, and what is short needs more points.
  if (modelling.source.peak_frequency > 18.0 || random.chance(0.25)) modelling.scheme.space_order = 8;
  while (!is_stable(modelling)) ++modelling.scheme.absorbing_cells;
  return modelling;
}

}  // namespace strataform::data
