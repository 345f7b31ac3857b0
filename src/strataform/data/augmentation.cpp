#include "strataform/data/augmentation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "strataform/data/dataset.h"
#include "strataform/wave/wavelet.h"

namespace strataform::data {
namespace {

/// Above it there is nothing left of the first wavelet to make the second one of.
constexpr double kLargestRise = 1.3;

/// One above the frequencies that a wavelet holds, with a smooth way down to zero.
double pass(double frequency, double peak) {
  const double relative = (frequency / peak - 2.6) / 0.7;
  if (relative <= 0.0) return 1.0;
  return relative >= 1.0 ? 0.0 : 0.5 + 0.5 * std::cos(std::numbers::pi * relative);
}

/// The filter of change_wavelet() for samples that are `step` seconds apart, at the lags -reach..reach.
std::vector<float> transfer(std::int64_t reach, double step, const WaveletChange& change) {
  constexpr int kFrequencies = 256;
  const double from = change.from;
  const double to = change.to;
  const double width = 3.3 * from / kFrequencies;
  std::vector<double> sums(static_cast<std::size_t>(2 * reach + 1));
  for (int k = 0; k < kFrequencies; ++k) {
    const double frequency = (k + 0.5) * width;
    const double gain = std::pow(from / to, 3) * pass(frequency, from) *
                        std::exp(-frequency * frequency * (1.0 / (to * to) - 1.0 / (from * from)));
    for (std::int64_t lag = -reach; lag <= reach; ++lag) {
      sums[static_cast<std::size_t>(lag + reach)] +=
          gain * std::cos(2.0 * std::numbers::pi * frequency * (static_cast<double>(lag) * step - change.delay) +
                          change.phase);
    }
  }
  std::vector<float> filter;
  for (const double sum : sums) filter.push_back(static_cast<float>(2.0 * sum * width * step));
  return filter;
}

}  // namespace

void add_noise(std::span<float> gathers, const GatherShape& shape, double decibels, Random& random) {
  double energy = 0.0;
  for (const float value : gathers) energy += static_cast<double>(value) * value;
  const double power = energy / static_cast<double>(gathers.size());
  const double deviation = std::sqrt(power * std::pow(10.0, -decibels / 10.0) / static_cast<double>(shape.decimation));
  for (float& value : gathers) value += static_cast<float>(random.normal(0.0, deviation));
}

void mute_traces(std::span<float> gathers, const GatherShape& shape, double share, Random& random) {
  std::vector<std::int64_t> traces(static_cast<std::size_t>(shape.shots * shape.receivers));
  std::iota(traces.begin(), traces.end(), std::int64_t{0});
  shuffle(random, traces);
  traces.resize(static_cast<std::size_t>(std::llround(share * static_cast<double>(traces.size()))));
  for (const std::int64_t trace : traces) {
    const std::int64_t first = trace / shape.receivers * shape.samples * shape.receivers + trace % shape.receivers;
    for (std::int64_t sample = 0; sample < shape.samples; ++sample) {
      gathers[static_cast<std::size_t>(first + sample * shape.receivers)] = 0.0F;
    }
  }
}

void change_wavelet(std::span<float> gathers, const GatherShape& shape, double step, const WaveletChange& change) {
  // Longer than the slower of both wavelets, whose half is 1.1 periods.
  const double longest = 1.5 / std::min(change.from, change.to) + std::abs(change.delay);
  const auto reach = static_cast<std::int64_t>(std::ceil(longest / step));
  const std::vector<float> filter = transfer(reach, step, change);
  std::vector<float> shot(static_cast<std::size_t>(shape.samples * shape.receivers));
  for (std::int64_t s = 0; s < shape.shots; ++s) {
    float* const values = gathers.data() + s * shape.samples * shape.receivers;
    std::copy_n(values, shot.size(), shot.begin());
    std::fill_n(values, shot.size(), 0.0F);
    for (std::int64_t sample = 0; sample < shape.samples; ++sample) {
      float* const out = values + sample * shape.receivers;
      const std::int64_t first = std::max<std::int64_t>(-reach, sample - shape.samples + 1);
      for (std::int64_t lag = first; lag <= std::min(reach, sample); ++lag) {
        const float weight = filter[static_cast<std::size_t>(lag + reach)];
        const float* const in = shot.data() + (sample - lag) * shape.receivers;
        for (std::int64_t r = 0; r < shape.receivers; ++r) out[r] += weight * in[r];
      }
    }
  }
}

void change_frequency(std::span<float> gathers, const GatherShape& shape, double time_step, double from, double to) {
  const std::int64_t later = wave::ricker_centre(to, time_step) - wave::ricker_centre(from, time_step);
  change_wavelet(gathers, shape, time_step * static_cast<double>(shape.decimation),
                 {.from = from, .to = to, .delay = static_cast<double>(later) * time_step});
}

void augment(const Augmentation& augmentation, const GatherShape& shape,
             const std::optional<survey::Modelling>& modelling, std::span<float> gathers, Random& random) {
  if (!random.chance(augmentation.share)) return;
  if (modelling && modelling->source.wavelet.empty() && random.chance(0.5)) {
    const double frequency = modelling->source.peak_frequency;
    const double highest = std::min(augmentation.highest_frequency, kLargestRise * frequency);
    const double changed = random.uniform(augmentation.lowest_frequency, highest);
    if (highest > augmentation.lowest_frequency) {
      change_frequency(gathers, shape, modelling->survey.sample_interval, frequency, changed);
    }
  }
  if (random.chance(0.5)) {
    add_noise(gathers, shape, random.uniform(augmentation.lowest_noise_db, augmentation.highest_noise_db), random);
  }
  if (random.chance(0.5)) mute_traces(gathers, shape, random.uniform(0.0, augmentation.largest_muted_share), random);
  if (random.chance(0.5)) {
    const double logarithm = std::log(augmentation.largest_gain);
    const auto gain = static_cast<float>(std::exp(random.uniform(-logarithm, logarithm)));
    for (float& value : gathers) value *= gain;
  }
}

}  // namespace strataform::data
