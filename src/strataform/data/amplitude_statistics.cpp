#include "strataform/data/amplitude_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "strataform/core/spread.h"
#include "strataform/io/json_field.h"
#include "strataform/survey/live_traces.h"

namespace strataform::data {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// -1, 0 or 1.
double sign_of(float value) { return value > 0.0F ? 1.0 : value < 0.0F ? -1.0 : 0.0; }

std::size_t index_of_largest(std::span<const float> values) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::abs(values[i]) > std::abs(values[largest])) largest = i;
  }
  return largest;
}

/// Sets traces that hold one value each to zero and returns how many there are.
std::int64_t silence_dead_traces(std::span<float> gathers, const GatherShape& shape) {
  std::int64_t dead = 0;
  const auto size = static_cast<std::size_t>(shape.samples * shape.receivers);
  for (std::size_t first = 0; first < gathers.size(); first += size) {
    const std::span<float> gather = gathers.subspan(first, size);
    const std::vector<bool> live = survey::live_traces(gather, shape.receivers);
    const auto silent = std::ranges::count(live, false);
    if (silent == 0) continue;
    dead += silent;
    for (std::size_t i = 0; i < gather.size(); ++i) {
      if (!live[i % live.size()]) gather[i] = 0.0F;
    }
  }
  return dead;
}

}  // namespace

AmplitudeStatistics measure_amplitudes(const GatherSource& source, double time_step, std::int64_t limit) {
  AmplitudeStatistics statistics;
  statistics.samples = std::min(limit, source.size());
  if (!statistics.measured()) return statistics;

  const GatherShape shape = source.gather_shape();
  std::vector<float> gathers(static_cast<std::size_t>(shape.size()));
  std::vector<double> rms;
  std::vector<double> peaks;
  std::vector<double> times;
  std::int64_t all_dead = 0;
  double shot_polarity = 0.0;
  const std::int64_t traces = shape.shots * shape.receivers;
  for (const std::int64_t index : evenly_spread(source.size(), statistics.samples)) {
    source.read_gathers(index, gathers);
    const std::int64_t dead = silence_dead_traces(gathers, shape);
    all_dead += dead;
    double energy = 0.0;
    for (const float value : gathers) energy += static_cast<double>(value) * value;
    std::size_t largest = 0;
    const std::size_t shot_size = gathers.size() / static_cast<std::size_t>(shape.shots);
    for (std::size_t first = 0; first < gathers.size(); first += shot_size) {
      const std::size_t of_shot = first + index_of_largest(std::span(gathers).subspan(first, shot_size));
      shot_polarity += sign_of(gathers[of_shot]);
      if (std::abs(gathers[of_shot]) > std::abs(gathers[largest])) largest = of_shot;
    }
    const std::int64_t live_values = std::max<std::int64_t>(1, (traces - dead) * shape.samples);
    rms.push_back(std::sqrt(energy / static_cast<double>(live_values)));
    peaks.push_back(std::abs(gathers[largest]));
    statistics.polarity += sign_of(gathers[largest]);
    const std::int64_t stored = static_cast<std::int64_t>(largest) / shape.receivers % shape.samples;
    // The middle of the recorded samples that a stored one stands for.
    const double recorded = (static_cast<double>(stored) + 0.5) * static_cast<double>(shape.decimation) - 0.5;
    times.push_back((recorded + 1.0) * time_step);
  }
  statistics.rms = median(rms);
  statistics.peak = median(peaks);
  statistics.polarity /= static_cast<double>(statistics.samples);
  statistics.shot_polarity = shot_polarity / static_cast<double>(statistics.samples * shape.shots);
  statistics.peak_time = median(times);
  statistics.dead_share = static_cast<double>(all_dead) / static_cast<double>(statistics.samples * traces);
  return statistics;
}

nlohmann::json to_json(const AmplitudeStatistics& statistics) {
  return {{"rms", statistics.rms},
          {"peak", statistics.peak},
          {"polarity", statistics.polarity},
          {"peak_time", statistics.peak_time},
          {"samples", statistics.samples}};
}

AmplitudeStatistics amplitude_statistics_from_json(const nlohmann::json& json, const std::string& where) {
  AmplitudeStatistics statistics;
  statistics.rms = io::json_field<double>(json, "rms", where);
  statistics.peak = io::json_field<double>(json, "peak", where);
  statistics.polarity = io::json_field<double>(json, "polarity", where);
  statistics.peak_time = io::json_field<double>(json, "peak_time", where);
  statistics.samples = io::json_field<std::int64_t>(json, "samples", where);
  return statistics;
}

}  // namespace strataform::data
