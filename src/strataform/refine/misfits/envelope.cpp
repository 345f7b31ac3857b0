#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "strataform/refine/fft.h"
#include "strataform/refine/misfits/factories.h"
#include "strataform/refine/misfits/residuals.h"

namespace strataform::refine {
namespace {

constexpr double kFloorShare = 1e-2;  ///< of the gather's rms

/// The Hilbert transform of a trace, in place. Its adjoint is its negative, the zeros that the transform appends and
/// the values that are cut off included.
void hilbert(RealFft& fft, std::vector<double>& trace) {
  std::vector<std::complex<double>> spectrum = fft.forward(trace);
  spectrum.front() = spectrum.back() = 0.0;
  for (std::complex<double>& value : spectrum) value = {value.imag(), -value.real()};
  const std::vector<double> padded = fft.inverse(spectrum);
  std::copy_n(padded.begin(), trace.size(), trace.begin());
}

/// 1/2 (E(d) - E(o))^2. The envelope E = sqrt(d^2 + H(d)^2 + floor^2), H being the Hilbert transform in time (Wu, Luo
/// and Wu, 2014), changes slowly where waves oscillate, so that a model half a period off still finds its way, in less
/// detail; the floor keeps it smooth at zero.
double envelope(std::int64_t traces, std::span<const float> modelled, std::span<const float> recorded,
                std::span<float> derivative) {
  const double floor = kFloorShare * root_mean_square(recorded);
  if (floor <= 0.0) return half_squares(modelled, recorded, derivative);
  const auto stride = static_cast<std::size_t>(traces);
  const std::size_t samples = modelled.size() / stride;
  RealFft fft(2 * samples);  // twice as long, so that the end of a trace does not reach round to its beginning
  std::vector<double> of_modelled(samples), of_recorded(samples);
  double sum = 0.0;
  for (std::size_t trace = 0; trace < stride; ++trace) {
    for (std::size_t k = 0; k < samples; ++k) {
      of_modelled[k] = modelled[k * stride + trace];
      of_recorded[k] = recorded[k * stride + trace];
    }
    hilbert(fft, of_modelled);
    hilbert(fft, of_recorded);
    for (std::size_t k = 0; k < samples; ++k) {
      const std::size_t at = k * stride + trace;
      const double here = std::hypot(modelled[at], of_modelled[k], floor);
      const double difference = here - std::hypot(recorded[at], of_recorded[k], floor);
      sum += 0.5 * difference * difference;
      derivative[at] = static_cast<float>(difference / here * modelled[at]);
      of_modelled[k] *= difference / here;
    }
    hilbert(fft, of_modelled);
    for (std::size_t k = 0; k < samples; ++k) derivative[k * stride + trace] -= static_cast<float>(of_modelled[k]);
  }
  return sum;
}

}  // namespace

Misfit envelope_misfit() { return {.name = "envelope", .evaluate = envelope}; }

}  // namespace strataform::refine
