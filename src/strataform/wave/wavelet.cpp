#include "strataform/wave/wavelet.h"

#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>

#include "strataform/wave/engine/windowed_sinc.h"

namespace strataform::wave {
namespace {

/// The wavelet `delay` later, at multiples of another time step, until nothing of it is left.
std::vector<double> interpolated(const std::vector<double>& wavelet, double own_step, double time_step, double delay) {
  const double end = static_cast<double>(std::ssize(wavelet) + kSincRadius) * own_step + delay;
  std::vector<double> result;
  for (std::int64_t step = 0; static_cast<double>(step) * time_step < end; ++step) {
    const double at = (static_cast<double>(step) * time_step - delay) / own_step;
    const auto before = static_cast<std::int64_t>(std::floor(at));
    double sum = 0.0;
    for (std::int64_t k = before + 1 - kSincRadius; k <= before + kSincRadius; ++k) {
      if (k < 0 || k >= std::ssize(wavelet)) continue;
      sum += wavelet[static_cast<std::size_t>(k)] * windowed_sinc(at - static_cast<double>(k));
    }
    result.push_back(sum);
  }
  return result;
}

}  // namespace

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

std::vector<double> source_wavelet(const survey::Source& source, double time_step) {
  std::vector<double> wavelet = source.wavelet.empty() ? ricker(source.peak_frequency, time_step) : source.wavelet;
  const double own_step = source.wavelet.empty() ? time_step : source.time_step;
  // Time steps that differ by rounding alone are the same one.
  const bool same_step = std::abs(own_step - time_step) < 1e-9 * time_step;
  if (!same_step || source.delay != 0.0) wavelet = interpolated(wavelet, own_step, time_step, source.delay);
  for (double& value : wavelet) value *= source.amplitude;
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
