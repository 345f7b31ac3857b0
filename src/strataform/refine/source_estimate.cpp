#include "strataform/refine/source_estimate.h"

#include <algorithm>
#include <complex>

#include "strataform/core/choice.h"
#include "strataform/refine/fft.h"

namespace strataform::refine {
namespace {

using Complex = std::complex<double>;

constexpr Choice<SourceEstimate> kEstimates[] = {
    {"none", SourceEstimate::kNone}, {"amplitude", SourceEstimate::kAmplitude}, {"wavelet", SourceEstimate::kWavelet}};
constexpr double kWaterLevel = 1e-5;  ///< share of the largest power

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

SourceEstimate source_estimate_from_name(const std::string& name) { return choose(kEstimates, "estimate", name); }
std::vector<std::string> source_estimate_names() { return names_of(kEstimates); }

double least_squares_amplitude(std::span<const float> modelled, std::span<const float> recorded) {
  const double energy = dot(modelled, modelled);
  return energy > 0.0 ? dot(modelled, recorded) / energy : 1.0;
}

double scaled_misfit(MisfitKind kind, std::int64_t traces, std::span<const float> modelled,
                     std::span<const float> recorded, std::span<float> derivative) {
  const double energy = dot(modelled, modelled);
  const double amplitude = least_squares_amplitude(modelled, recorded);
  std::vector<float> scaled(modelled.size());
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] = static_cast<float>(amplitude * modelled[i]);
  const double value = misfit(kind, traces, scaled, recorded, derivative);
  // The amplitude's own derivative is (recorded - 2 amplitude modelled) / energy; with l2 its factor is zero.
  const double by_amplitude = energy > 0.0 ? dot(modelled, derivative) / energy : 0.0;
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    derivative[i] =
        static_cast<float>(amplitude * derivative[i] + by_amplitude * (recorded[i] - 2.0 * amplitude * modelled[i]));
  }
  return value;
}

std::vector<double> matched_wavelet(std::span<const double> wavelet, const wave::Acquisition& acquisition,
                                    std::span<const float> modelled, std::span<const float> recorded) {
  const auto samples = static_cast<std::size_t>(acquisition.samples);
  const std::size_t receivers = acquisition.receivers.size();
  const Fft fft(2 * std::max(samples, wavelet.size()));
  const std::size_t size = fft.size();
  std::vector<Complex> product(size), pair(size);
  std::vector<double> power(size, 0.0);
  for (std::size_t shot = 0; shot < acquisition.sources.size(); ++shot) {
    for (std::size_t trace = 0; trace < receivers; ++trace) {
      std::ranges::fill(pair, Complex());
      for (std::size_t k = 0; k < samples; ++k) {
        const std::size_t at = (shot * samples + k) * receivers + trace;
        pair[k] = {modelled[at], recorded[at]};
      }
      fft.forward(pair);
      // Two real traces in one transform: their spectra are its even and odd parts.
      for (std::size_t k = 0; k < size; ++k) {
        const Complex mirrored = std::conj(pair[(size - k) % size]);
        const Complex of_modelled = 0.5 * (pair[k] + mirrored);
        const Complex of_recorded = Complex(0.0, -0.5) * (pair[k] - mirrored);
        product[k] += std::conj(of_modelled) * of_recorded;
        power[k] += std::norm(of_modelled);
      }
    }
  }
  const double water = kWaterLevel * *std::ranges::max_element(power);
  if (water <= 0.0) return {wavelet.begin(), wavelet.end()};
  std::vector<Complex> spectrum(size);
  std::ranges::copy(wavelet, spectrum.begin());
  fft.forward(spectrum);
  for (std::size_t k = 0; k < size; ++k) spectrum[k] *= product[k] / (power[k] + water);
  fft.inverse(spectrum);
  std::vector<double> matched(samples);
  for (std::size_t k = 0; k < samples; ++k) matched[k] = spectrum[k].real();
  return matched;
}

}  // namespace strataform::refine
