#include "strataform/wave/stability.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "strataform/wave/absorbers/damping_profile.h"
#include "strataform/wave/kernels/stencil_coefficients.h"

namespace strataform::wave {
namespace {

/// Largest (v dt / dx)^2: the shortest wave of the grid, whose sign changes from cell to cell in both directions, must
/// not gain more than it can lose in a step.
template <int Reach>
double largest_courant() {
  double gain = -SecondDerivative<Reach>::kCentre;
  for (std::size_t k = 0; k < std::size(SecondDerivative<Reach>::kNear); ++k) {
    gain += (k % 2 == 0 ? 2.0 : -2.0) * SecondDerivative<Reach>::kNear[k];
  }
  return 4.0 / (2.0 * gain);
}

double largest_courant(std::int64_t space_order) {
  switch (space_order) {
    case 2: return largest_courant<1>();
    case 8: return largest_courant<4>();
    default: return largest_courant<2>();
  }
}

double fewest_points(std::int64_t space_order) {
  switch (space_order) {
    case 2: return 12.0;
    case 8: return 5.0;
    default: return 8.0;
  }
}

}  // namespace

double rounded_down(double limit) {
  const double unit = std::pow(10.0, std::floor(std::log10(limit)) - 5.0);
  return std::floor(limit / unit) * unit;
}

double largest_time_step(const survey::Modelling& modelling, double slowest, double fastest) {
  const double courant = largest_courant(modelling.scheme.space_order);
  return damping_of(modelling.scheme).largest_time_step(frame_of(modelling, {slowest, fastest}), courant);
}

double points_per_wavelength(const survey::Modelling& modelling, double slowest) {
  return slowest / (modelling.source.peak_frequency * modelling.grid.spacing);
}

std::string dispersion_warning(const survey::Modelling& modelling, double slowest) {
  const double points = points_per_wavelength(modelling, slowest);
  const double fewest = fewest_points(modelling.scheme.space_order);
  if (points >= fewest) return {};
  return fmt::format(
      "{:.1f} cells per wavelength at {} Hz and {} m/s: in order {} at least {} are needed for waves to come on time; "
      "a "
      "spacing of {:.3g} m has them",
      points, modelling.source.peak_frequency, slowest, modelling.scheme.space_order, fewest,
      slowest / (modelling.source.peak_frequency * fewest));
}

}  // namespace strataform::wave
