#include "strataform/refine/stage.h"

#include <cmath>
#include <numeric>

#include "strataform/refine/low_pass.h"

namespace strataform::refine {
namespace {

wave::Acquisition filtered(std::int64_t nz, std::int64_t nx, wave::Acquisition acquisition, double cutoff) {
  if (cutoff <= 0.0) return acquisition;
  acquisition.wavelet = wave::Propagator(nz, nx, acquisition).wavelet();
  acquisition.wavelet.resize(static_cast<std::size_t>(acquisition.samples), 0.0);
  low_pass(cutoff, acquisition.time_step, 1, std::span(acquisition.wavelet));
  return acquisition;
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

Stage::Stage(std::int64_t nz, std::int64_t nx, std::span<const float> recorded, const wave::Acquisition& acquisition,
             const RefineOptions& options, double cutoff, const Context& context)
    : kind_(options.misfit), scaled_(options.estimate == SourceEstimate::kAmplitude), wavefield_(options.wavefield),
      recorded_(recorded.begin(), recorded.end()), traces_(std::ssize(acquisition.receivers)),
      propagator_(nz, nx, filtered(nz, nx, acquisition, cutoff), {.context = context}),
      noise_energy_(energy(recorded)) {
  if (cutoff <= 0.0) return;
  noise_energy_ *= passed_share(cutoff, acquisition.time_step, acquisition.samples);
  const std::size_t gather = recorded_.size() / acquisition.sources.size();
  for (std::size_t first = 0; first < recorded_.size(); first += gather) {
    low_pass(cutoff, acquisition.time_step, traces_, std::span(recorded_).subspan(first, gather));
  }
}

std::span<const float> Stage::recorded_of(std::int64_t shot) const {
  const std::size_t gather = recorded_.size() / propagator_.acquisition().sources.size();
  return std::span(recorded_).subspan(static_cast<std::size_t>(shot) * gather, gather);
}

double Stage::shot_misfit(std::span<const float> gather, std::int64_t shot, std::span<float> derivative) const {
  if (scaled_) return scaled_misfit(kind_, traces_, gather, recorded_of(shot), derivative);
  return misfit(kind_, traces_, gather, recorded_of(shot), derivative);
}

wave::Gradient Stage::gradient(std::span<const float> velocity) const {
  return propagator_.gradient(
      velocity, 1,
      [&](std::int64_t /*model*/, std::int64_t shot, std::span<const float> gather, std::span<float> derivative) {
        return shot_misfit(gather, shot, derivative);
      },
      wavefield_);
}

double Stage::misfit_of(std::span<const float> velocity) const {
  std::vector<float> gathers(recorded_.size());
  propagator_.forward(velocity, 1, gathers);
  const std::int64_t shots = std::ssize(propagator_.acquisition().sources);
  const std::size_t gather = gathers.size() / static_cast<std::size_t>(shots);
  std::vector<float> derivative(gather);
  double sum = 0.0;
  // Shot by shot, as in the gradient: other misfits than l2 depend on what is a gather.
  for (std::int64_t shot = 0; shot < shots; ++shot) {
    sum += shot_misfit(std::span(gathers).subspan(static_cast<std::size_t>(shot) * gather, gather), shot, derivative);
  }
  return sum;
}

double Stage::noise_misfit(double signal_to_noise) const {
  return 0.5 * noise_energy_ / (1.0 + std::pow(10.0, signal_to_noise / 10.0));
}

std::vector<double> Stage::amplitudes(std::span<const float> velocity) const {
  std::vector<float> gathers(recorded_.size());
  propagator_.forward(velocity, 1, gathers);
  std::vector<double> result;
  for (std::int64_t shot = 0; shot < std::ssize(propagator_.acquisition().sources); ++shot) {
    const std::span<const float> recorded = recorded_of(shot);
    const auto first = static_cast<std::size_t>(shot) * recorded.size();
    result.push_back(least_squares_amplitude(std::span(gathers).subspan(first, recorded.size()), recorded));
  }
  return result;
}

}  // namespace strataform::refine
