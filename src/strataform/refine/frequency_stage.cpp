#include "strataform/refine/frequency_stage.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "strataform/refine/low_pass.h"
#include "strataform/wave/wavelet.h"

namespace strataform::refine {
namespace {

survey::Modelling filtered(const survey::Modelling& modelling, double cutoff) {
  if (cutoff <= 0.0) return modelling;
  std::vector<double> wavelet = wave::source_wavelet(modelling.source, modelling.scheme.time_step);
  wavelet.resize(static_cast<std::size_t>(modelling.survey.samples), 0.0);
  low_pass(cutoff, modelling.scheme.time_step, 1, std::span(wavelet));
  return survey::with_wavelet(modelling, std::move(wavelet));
}

double energy(std::span<const float> values) {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

/// The share of white noise's energy that passes the filter: of its answer to a spike at each sample, what the record
/// has room for.
double passed_share(double cutoff, double time_step, std::int64_t samples) {
  std::vector<float> answer(static_cast<std::size_t>(samples), 0.0F);
  answer.front() = 1.0F;
  low_pass(cutoff, time_step, 1, std::span(answer));
  double share = 0.0;
  for (std::int64_t lag = 0; lag < samples; ++lag) {
    const double value = answer[static_cast<std::size_t>(lag)];
    share += value * value * static_cast<double>(samples - lag) / static_cast<double>(samples);
  }
  return share;
}

}  // namespace

FrequencyStage::FrequencyStage(std::span<const float> recorded, const survey::Modelling& modelling,
                               const RefineOptions& options, double cutoff, const Context& context)
    : misfit_(find_misfit(options.misfit)), scaled_(options.estimate == SourceEstimate::kAmplitude),
      wavefield_(options.wavefield), recorded_(recorded.begin(), recorded.end()),
      propagator_(filtered(modelling, cutoff), {.context = context}), noise_energy_(energy(recorded)) {
  if (cutoff <= 0.0) return;
  const double time_step = modelling.scheme.time_step;
  noise_energy_ *= passed_share(cutoff, time_step, modelling.survey.samples);
  for (std::int64_t shot = 0; shot < propagator_.shots(); ++shot) {
    low_pass(cutoff, time_step, traces_of(shot), gather_of(std::span(recorded_), shot));
  }
}

std::int64_t FrequencyStage::traces_of(std::int64_t shot) const {
  return std::ssize(propagator_.modelling().survey.shots[static_cast<std::size_t>(shot)].receivers);
}

double FrequencyStage::shot_misfit(std::span<const float> gather, std::int64_t shot,
                                   std::span<float> derivative) const {
  const std::int64_t traces = traces_of(shot);
  if (scaled_) return scaled_misfit(misfit_, traces, gather, recorded_of(shot), derivative);
  return misfit_.evaluate(traces, gather, recorded_of(shot), derivative);
}

wave::Gradient FrequencyStage::gradient(std::span<const float> velocity) const {
  return propagator_.gradient(
      velocity, 1,
      [&](std::int64_t /*model*/, std::int64_t shot, std::span<const float> gather, std::span<float> derivative) {
        return shot_misfit(gather, shot, derivative);
      },
      wavefield_);
}

double FrequencyStage::misfit_of(std::span<const float> velocity) const {
  std::vector<float> gathers(recorded_.size());
  propagator_.forward(velocity, 1, gathers);
  return misfit_of_gathers(gathers);
}

double FrequencyStage::misfit_of_silence() const { return misfit_of_gathers(std::vector<float>(recorded_.size())); }

double FrequencyStage::misfit_of_gathers(std::span<const float> gathers) const {
  double sum = 0.0;
  // Shot by shot, as in the gradient: other misfits than l2 depend on what is a gather.
  for (std::int64_t shot = 0; shot < propagator_.shots(); ++shot) {
    const std::span<const float> gather = gather_of(gathers, shot);
    std::vector<float> derivative(gather.size());
    sum += shot_misfit(gather, shot, derivative);
  }
  return sum;
}

double FrequencyStage::noise_misfit(double signal_to_noise) const {
  return 0.5 * noise_energy_ / (1.0 + std::pow(10.0, signal_to_noise / 10.0));
}

std::vector<double> FrequencyStage::amplitudes(std::span<const float> velocity) const {
  std::vector<float> gathers(recorded_.size());
  propagator_.forward(velocity, 1, gathers);
  std::vector<double> result;
  for (std::int64_t shot = 0; shot < propagator_.shots(); ++shot) {
    result.push_back(least_squares_amplitude(gather_of(std::span<const float>(gathers), shot), recorded_of(shot)));
  }
  return result;
}

}  // namespace strataform::refine
