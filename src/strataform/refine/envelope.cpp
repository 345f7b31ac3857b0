#include "strataform/refine/envelope.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "strataform/refine/fft.h"

namespace strataform::refine {
namespace {

using Complex = std::complex<double>;

/// The Hilbert transform of the real parts and of the imaginary ones, in place. Its adjoint is its negative, also where
/// zeros are appended before it and the values in their place cut off after it.
void hilbert(const Fft& fft, std::span<Complex> values) {
  fft.forward(values);
  const std::size_t half = fft.size() / 2;
  values[0] = values[half] = 0.0;
  for (std::size_t k = 1; k < half; ++k) {
    values[k] = {values[k].imag(), -values[k].real()};
    values[half + k] = {-values[half + k].imag(), values[half + k].real()};
  }
  fft.inverse(values);
}

}  // namespace

double envelope_misfit(std::int64_t traces, double floor, std::span<const float> modelled,
                       std::span<const float> recorded, std::span<float> derivative) {
  const auto stride = static_cast<std::size_t>(traces);
  const std::size_t samples = modelled.size() / stride;
  const Fft fft(2 * samples);  // twice as long, so that the end of a trace does not reach round to its beginning
  std::vector<Complex> both(fft.size());
  std::vector<Complex> weighted(fft.size());
  double sum = 0.0;
  for (std::size_t trace = 0; trace < stride; ++trace) {
    std::ranges::fill(both, Complex());
    std::ranges::fill(weighted, Complex());
    for (std::size_t k = 0; k < samples; ++k) {
      both[k] = {modelled[k * stride + trace], recorded[k * stride + trace]};
    }
    hilbert(fft, both);
    for (std::size_t k = 0; k < samples; ++k) {
      const std::size_t at = k * stride + trace;
      const double here = std::hypot(modelled[at], both[k].real(), floor);
      const double difference = here - std::hypot(recorded[at], both[k].imag(), floor);
      sum += 0.5 * difference * difference;
      derivative[at] = static_cast<float>(difference / here * modelled[at]);
      weighted[k] = difference / here * both[k].real();
    }
    hilbert(fft, weighted);
    for (std::size_t k = 0; k < samples; ++k) derivative[k * stride + trace] -= static_cast<float>(weighted[k].real());
  }
  return sum;
}

}  // namespace strataform::refine
