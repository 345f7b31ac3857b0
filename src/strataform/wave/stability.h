#pragma once

#include <string>

#include "strataform/survey/modelling.h"

namespace strataform::wave {

/// The largest stable time step in s for a model of velocities from slowest to fastest, in m/s. Without damping it
/// meets (v dt / dx)^2 = c with c = 1/2, 3/8 and 0.3076 in second, fourth and eighth order; the sponge's largest
/// damping k changes that to c (1 - k dt / 2), the perfectly matched layer's in both directions to c (1 - k dt / 2)^2.
double largest_time_step(const survey::Modelling& modelling, double slowest, double fastest);

/// To six digits, so that a limit that was printed and typed in again is within the limit.
double rounded_down(double limit);

/// Cells per wavelength at the wavelet's peak frequency where it is shortest.
double points_per_wavelength(const survey::Modelling& modelling, double slowest);

/// What to tell the user where the grid is too coarse for the frequency: below 12, 8 and 5 points per wavelength in
/// second, fourth and eighth order, waves of twice the peak frequency come percents too late. Empty: nothing.
std::string dispersion_warning(const survey::Modelling& modelling, double slowest);

}  // namespace strataform::wave
