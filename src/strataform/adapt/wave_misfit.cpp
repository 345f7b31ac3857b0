#include "strataform/adapt/wave_misfit.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/refine/frequency_stage.h"
#include "strataform/refine/source_estimate.h"
#include "strataform/wave/wavelet.h"

namespace strataform::adapt {
namespace {

constexpr double kDiverged = std::numeric_limits<double>::infinity();

std::span<const float> map_at(std::span<const float> maps, std::size_t place, std::size_t count) {
  return maps.subspan(place * (maps.size() / count), maps.size() / count);
}

bool is_finite(std::span<const float> map) {
  return std::ranges::all_of(map, [](float value) { return std::isfinite(value); });
}

/// By what a misfit becomes a share of silence's. One that silence does not have, because it does not see amplitudes,
/// is counted for each trace.
double scale_of(const refine::FrequencyStage& band, const survey::Survey& survey) {
  double whole = band.misfit_of_silence();
  if (!(whole > 0.0)) {
    whole = 0.0;
    for (const survey::Shot& shot : survey.shots) whole += static_cast<double>(shot.receivers.size());
  }
  return 1.0 / whole;
}

Evaluation evaluate(const refine::FrequencyStage& band, double scale, std::span<const float> map) {
  Evaluation result{.share = kDiverged, .gradient = {}};
  if (!is_finite(map)) return result;
  try {
    wave::Gradient found = band.gradient(map);
    const double sum = std::accumulate(found.misfits.begin(), found.misfits.end(), 0.0);
    const bool finite = std::ranges::all_of(found.velocity, [](double value) { return std::isfinite(value); });
    if (!finite || !std::isfinite(sum)) return result;
    result = {.share = scale * sum, .gradient = std::move(found.velocity)};
  } catch (const NumericalError&) {
    return result;
  }
  for (double& value : result.gradient) value *= scale;
  return result;
}

double share_of(const refine::FrequencyStage& band, double scale, std::span<const float> map) {
  if (!is_finite(map)) return kDiverged;
  try {
    const double share = scale * band.misfit_of(map);
    return std::isfinite(share) ? share : kDiverged;
  } catch (const NumericalError&) {
    return kDiverged;
  }
}

}  // namespace

WaveMisfit::WaveMisfit(const data::GatherSource& source, std::vector<std::int64_t> indices,
                       const survey::Modelling& modelling, const AdaptOptions& options, const Context& context)
    : source_(source), indices_(std::move(indices)), modelling_(modelling), options_(options), context_(context) {
  if (options.physics.estimate != refine::SourceEstimate::kWavelet) return;
  std::vector<double> wavelet = wave::source_wavelet(modelling.source, modelling.scheme.time_step);
  wavelet.resize(static_cast<std::size_t>(modelling.survey.samples), 0.0);
  wavelets_ = torch::tensor(wavelet, torch::kFloat32).repeat({std::ssize(indices_), 1});
}

template <class Result, class Work>
std::vector<Result> WaveMisfit::for_each(std::span<const std::int64_t> places, const Work& work) const {
  std::vector<Result> results(places.size());
  const int threads = context_.thread_count();
  // A limit for the wavefields is one for all gathers together.
  const bool one_by_one = options_.physics.wavefield.memory_bytes > 0;
  const int at_once = one_by_one ? 1 : static_cast<int>(std::min<std::int64_t>(threads, std::ssize(places)));
  Context each = context_.silent();
  each.threads = std::max(1, threads / std::max(1, at_once));
  parallel_for(std::ssize(places), at_once, [&](std::int64_t k, int /*worker*/) {
    const auto number = static_cast<std::size_t>(k);
    const std::int64_t place = places[number];
    const Recording recording = read_recording(source_, indices_[static_cast<std::size_t>(place)], modelling_.survey,
                                               options_.validation_shots);
    results[number] = work(number, place, recording, each);
  });
  return results;
}

survey::Modelling WaveMisfit::modelling_of(std::int64_t place, const survey::Survey& survey) const {
  survey::Modelling modelling = modelling_;
  modelling.survey = survey;
  if (!wavelets_.defined()) return modelling;
  const torch::Tensor wavelet = wavelets_[place].to(torch::kFloat64).contiguous();
  const double* first = wavelet.const_data_ptr<double>();
  return survey::with_wavelet(std::move(modelling), {first, first + wavelet.numel()});
}

std::vector<Evaluation> WaveMisfit::gradients(std::span<const std::int64_t> places, std::span<const float> maps,
                                              double cutoff) const {
  return for_each<Evaluation>(
      places, [&](std::size_t number, std::int64_t place, const Recording& recording, const Context& context) {
        const survey::LiveRecord& fitted = recording.fitted;
        const refine::FrequencyStage band(fitted.gathers, modelling_of(place, fitted.survey), options_.physics, cutoff,
                                          context);
        return evaluate(band, scale_of(band, fitted.survey), map_at(maps, number, places.size()));
      });
}

std::vector<double> WaveMisfit::shares(std::span<const std::int64_t> places, std::span<const float> maps, double cutoff,
                                       Shots shots) const {
  return for_each<double>(
      places, [&](std::size_t number, std::int64_t place, const Recording& recording, const Context& context) {
        const survey::LiveRecord& record = shots == Shots::kFitted ? recording.fitted : recording.left_out;
        if (record.shots.empty()) return std::numeric_limits<double>::quiet_NaN();
        const refine::FrequencyStage band(record.gathers, modelling_of(place, record.survey), options_.physics, cutoff,
                                          context);
        return share_of(band, scale_of(band, record.survey), map_at(maps, number, places.size()));
      });
}

std::vector<double> WaveMisfit::noise_shares(std::span<const std::int64_t> places, double signal_to_noise,
                                             double cutoff) const {
  return for_each<double>(
      places, [&](std::size_t /*number*/, std::int64_t place, const Recording& recording, const Context& context) {
        const survey::LiveRecord& fitted = recording.fitted;
        const refine::FrequencyStage band(fitted.gathers, modelling_of(place, fitted.survey), options_.physics, cutoff,
                                          context);
        return scale_of(band, fitted.survey) * band.noise_misfit(signal_to_noise);
      });
}

void WaveMisfit::estimate_wavelets(std::span<const std::int64_t> places, std::span<const float> maps) {
  const auto found = for_each<std::vector<double>>(
      places, [&](std::size_t number, std::int64_t /*place*/, const Recording& recording, const Context& context) {
        const survey::LiveRecord& fitted = recording.fitted;
        // From the survey's own wavelet, so that an estimate does not depend on the one before.
        survey::Modelling modelling = modelling_;
        modelling.survey = fitted.survey;
        const wave::Propagator propagator(modelling, {.context = context});
        std::vector<float> modelled(fitted.gathers.size());
        propagator.forward(map_at(maps, number, places.size()), 1, modelled);
        return refine::matched_wavelet(propagator.wavelet(), fitted.survey, modelled, fitted.gathers);
      });
  for (std::size_t k = 0; k < places.size(); ++k) {
    wavelets_[places[k]].copy_(torch::tensor(found[k], torch::kFloat64));
  }
}

}  // namespace strataform::adapt
