#include "strataform/wave/wavelet.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace strataform::wave {

std::vector<double> ricker(double frequency, double time_step) {
  const auto half = static_cast<std::int64_t>(std::floor(std::floor(2.2 / (frequency * time_step)) / 2.0));
  std::vector<double> wavelet;
  for (std::int64_t lag = -half; lag <= half; ++lag) {
    const double argument = std::numbers::pi * frequency * time_step * static_cast<double>(lag);
    const double beta = argument * argument;
    wavelet.push_back((1.0 - 2.0 * beta) * std::exp(-beta));
  }
  return wavelet;
}

}  // namespace strataform::wave
