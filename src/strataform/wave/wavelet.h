#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/survey/modelling.h"

namespace strataform::wave {

/// The delayed Ricker wavelet of the OpenFWI scheme: zero phase about its central sample,
/// w(k) = (1 - 2b) exp(-b), b = (pi f dt (c - k))^2, k = 1..n, n = 2 floor(floor(2.2 / (f dt)) / 2) + 1,
/// c = floor(n / 2) + 1. At 15 Hz and 1 ms: 147 samples, the peak is the 74th.
/// frequency in Hz, time_step in s, both above 0.
std::vector<double> ricker(double frequency, double time_step);
/// Its time steps before the central one.
std::int64_t ricker_centre(double frequency, double time_step);

/// What a source sends out in every time step from the beginning of a record on: its wavelet, or Ricker's, times its
/// amplitude, later by its delay. Another time step than the wavelet's own, and a delay, are interpolated with a sinc
/// in a Kaiser window (see engine/windowed_sinc.h), which is right for what has at least four time steps, of either
/// kind, in a period.
std::vector<double> source_wavelet(const survey::Source& source, double time_step);

/// Where the amplitude spectrum of a wavelet is largest, in Hz, to a 2000th of the sampling frequency.
double peak_frequency(std::span<const double> wavelet, double time_step);

}  // namespace strataform::wave
