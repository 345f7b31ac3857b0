#include "strataform/refine/source_estimate.h"

#include <algorithm>
#include <complex>

#include "strataform/refine/fft.h"

namespace strataform::refine {
namespace {

using Complex = std::complex<double>;

constexpr double kWaterLevel = 1e-5;  ///< share of the largest power

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

double least_squares_amplitude(std::span<const float> modelled, std::span<const float> recorded) {
  const double energy = dot(modelled, modelled);
  return energy > 0.0 ? dot(modelled, recorded) / energy : 1.0;
}

double scaled_misfit(const Misfit& misfit, std::int64_t traces, std::span<const float> modelled,
                     std::span<const float> recorded, std::span<float> derivative) {
  const double energy = dot(modelled, modelled);
  const double amplitude = least_squares_amplitude(modelled, recorded);
  std::vector<float> scaled(modelled.size());
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] = static_cast<float>(amplitude * modelled[i]);
  const double value = misfit.evaluate(traces, scaled, recorded, derivative);
  // The amplitude's own derivative is (recorded - 2 amplitude modelled) / energy; with l2 its factor is zero.
  const double by_amplitude = energy > 0.0 ? dot(modelled, derivative) / energy : 0.0;
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    derivative[i] =
        static_cast<float>(amplitude * derivative[i] + by_amplitude * (recorded[i] - 2.0 * amplitude * modelled[i]));
  }
  return value;
}

std::vector<double> matched_wavelet(std::span<const double> wavelet, const survey::Survey& survey,
                                    std::span<const float> modelled, std::span<const float> recorded) {
  const auto samples = static_cast<std::size_t>(survey.samples);
  RealFft fft(2 * std::max(samples, wavelet.size()));
  const std::size_t frequencies = fft.size() / 2 + 1;
  std::vector<Complex> product(frequencies);
  std::vector<double> power(frequencies, 0.0);
  std::vector<double> trace(samples);
  std::size_t first = 0;  ///< value of the shot's gather
  for (const survey::Shot& shot : survey.shots) {
    const std::size_t receivers = shot.receivers.size();
    const auto spectrum_of = [&](std::span<const float> gathers, std::size_t receiver) {
      for (std::size_t k = 0; k < samples; ++k) trace[k] = gathers[first + k * receivers + receiver];
      return fft.forward(trace);
    };
    for (std::size_t receiver = 0; receiver < receivers; ++receiver) {
      const std::vector<Complex> of_modelled = spectrum_of(modelled, receiver);
      const std::vector<Complex> of_recorded = spectrum_of(recorded, receiver);
      for (std::size_t k = 0; k < frequencies; ++k) {
        product[k] += std::conj(of_modelled[k]) * of_recorded[k];
        power[k] += std::norm(of_modelled[k]);
      }
    }
    first += samples * receivers;
  }
  const double water = kWaterLevel * *std::ranges::max_element(power);
  if (water <= 0.0) return {wavelet.begin(), wavelet.end()};
  std::vector<Complex> spectrum = fft.forward(wavelet);
  for (std::size_t k = 0; k < frequencies; ++k) spectrum[k] *= product[k] / (power[k] + water);
  std::vector<double> matched = fft.inverse(spectrum);
  matched.resize(samples);
  return matched;
}

}  // namespace strataform::refine
