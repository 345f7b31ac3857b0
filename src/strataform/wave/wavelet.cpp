#include "strataform/wave/wavelet.h"

#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>

namespace strataform::wave {

std::int64_t ricker_centre(double frequency, double time_step) {
  return static_cast<std::int64_t>(std::floor(std::floor(2.2 / (frequency * time_step)) / 2.0));
}

std::vector<double> ricker(double frequency, double time_step) {
  const std::int64_t half = ricker_centre(frequency, time_step);
  std::vector<double> wavelet;
  for (std::int64_t lag = -half; lag <= half; ++lag) {
    const double argument = std::numbers::pi * frequency * time_step * static_cast<double>(lag);
    const double beta = argument * argument;
    wavelet.push_back((1.0 - 2.0 * beta) * std::exp(-beta));
  }
  return wavelet;
}

double peak_frequency(std::span<const double> wavelet, double time_step) {
  constexpr std::int64_t kFrequencies = 1000;
  double largest = 0.0;
  double frequency = 0.0;
  for (std::int64_t k = 1; k <= kFrequencies; ++k) {
    const double cycles = 0.5 * static_cast<double>(k) / static_cast<double>(kFrequencies);  // per time step
    const std::complex<double> turn = std::polar(1.0, -2.0 * std::numbers::pi * cycles);
    std::complex<double> phase = 1.0;
    std::complex<double> sum;
    for (const double value : wavelet) {
      sum += value * phase;
      phase *= turn;
    }
    if (std::abs(sum) <= largest) continue;
    largest = std::abs(sum);
    frequency = cycles / time_step;
  }
  return frequency;
}

}  // namespace strataform::wave
