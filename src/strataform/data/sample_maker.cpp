#include "strataform/data/sample_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/core/random.h"
#include "strataform/data/augmentation.h"
#include "strataform/data/input_spec.h"

namespace strataform::data {

SampleMaker::SampleMaker(MapSource maps, const SampleOptions& options, wave::PropagatorOptions propagator)
    : maps_(std::move(maps)), options_(options), context_(propagator.context) {
  const std::int64_t recorded = survey::Openfwi::kSamples;
  if (options.decimation < 1 || recorded % options.decimation != 0) {
    throw UsageError(
        fmt::format("`decimation`: expected a divisor of {} time samples, found {}", recorded, options.decimation));
  }
  check(options.conditions);
  if (!options.velocity_only) {
    recorder_ = make_recorder(options.conditions, options.flip_shot, options.size, options.seed, std::move(propagator));
  }
}

SampleChunk SampleMaker::make(const SampleRange& range) const {
  SampleChunk chunk;
  chunk.maps = maps(range);
  if (recorder_) chunk.gathers = gathers(chunk.maps, range);
  return chunk;
}

std::vector<float> SampleMaker::maps(const SampleRange& range) const {
  const std::int64_t cells = options_.size.nz * options_.size.nx;
  std::vector<float> maps(static_cast<std::size_t>(range.count * cells));
  parallel_for(range.count, context_.thread_count(), [&](std::int64_t k, int /*worker*/) {
    context_.throw_if_stopped("stopped between two maps");
    const std::vector<float> map = maps_(options_.seed, static_cast<std::uint64_t>(range.first + k * range.step));
    std::ranges::copy(map, maps.begin() + k * cells);
  });
  return maps;
}

std::vector<float> SampleMaker::gathers(const std::vector<float>& maps, const SampleRange& range) const {
  std::vector<std::int64_t> numbers;
  for (std::int64_t k = 0; k < range.count; ++k) numbers.push_back(range.first + k * range.step);
  std::vector<float> recorded = recorder_->record(maps, numbers);
  const GatherShape whole = recorder_->shape();
  const auto size = static_cast<std::size_t>(whole.size());
  const auto kept = static_cast<std::size_t>(shape().size());
  const bool decimates = options_.decimation > 1;
  std::vector<float> means(decimates ? static_cast<std::size_t>(range.count) * kept : 0);
  parallel_for(range.count, context_.thread_count(), [&](std::int64_t k, int /*worker*/) {
    const auto sample = static_cast<std::size_t>(k);
    const std::span<float> gather = std::span(recorded).subspan(sample * size, size);
    disturb(gather, numbers[sample]);
    if (decimates) compact_gathers(whole, gather, options_.decimation, std::span(means).subspan(sample * kept, kept));
  });
  return decimates ? means : recorded;
}

/// What the conditions add to the recorded gathers of one sample.
void SampleMaker::disturb(std::span<float> gathers, std::int64_t index) const {
  // The stream's name decides the samples of every study: it stays, whoever asks for them.
  Random random(options_.seed ^ stream_of("study-conditions"), static_cast<std::uint64_t>(index));
  const Conditions& conditions = options_.conditions;
  const GatherShape shape = recorder_->shape();
  if (conditions.phase != 0.0 || conditions.delay != 0.0) {
    constexpr double kDegree = std::numbers::pi / 180.0;
    change_wavelet(gathers, shape, recorder_->modelling(index).survey.sample_interval,
                   {.from = conditions.frequency,
                    .to = conditions.frequency,
                    .phase = conditions.phase * kDegree,
                    .delay = conditions.delay * 1e-3});
  }
  if (conditions.gain != 1.0) {
    for (float& value : gathers) value *= static_cast<float>(conditions.gain);
  }
  if (conditions.noise_db) add_noise(gathers, shape, *conditions.noise_db, random);
  if (conditions.muted > 0) mute_traces(gathers, shape, conditions.muted, random);
  if (conditions.one_sided) mute_left(gathers);
}

/// Traces to the left of their source.
void SampleMaker::mute_left(std::span<float> gathers) const {
  const GatherShape shape = recorder_->shape();
  const std::vector<survey::Shot> shots = recorder_->modelling(0).survey.shots;
  for (std::size_t i = 0; i < gathers.size(); ++i) {
    const auto receiver = i % static_cast<std::size_t>(shape.receivers);
    const survey::Shot& shot = shots[i / static_cast<std::size_t>(shape.samples * shape.receivers)];
    if (shot.receivers[receiver].x < shot.source.x) gathers[i] = 0.0F;
  }
}

GatherShape SampleMaker::shape() const {
  if (!recorder_) return {};
  GatherShape shape = recorder_->shape();
  shape.samples /= options_.decimation;
  shape.decimation = options_.decimation;
  return shape;
}

std::optional<survey::Modelling> SampleMaker::modelling() const {
  return recorder_ && recorder_->is_uniform() ? std::optional(recorder_->modelling(0)) : std::nullopt;
}

std::optional<survey::Modelling> SampleMaker::modelling_of(std::int64_t number) const {
  return recorder_ ? std::optional(recorder_->modelling(number)) : std::nullopt;
}

}  // namespace strataform::data
