#include "strataform/data/amplitude_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "strataform/core/spread.h"
#include "strataform/io/json_field.h"

namespace strataform::data {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
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
  for (const std::int64_t index : evenly_spread(source.size(), statistics.samples)) {
    source.read_gathers(index, gathers);
    double energy = 0.0;
    std::size_t largest = 0;
    for (std::size_t i = 0; i < gathers.size(); ++i) {
      energy += static_cast<double>(gathers[i]) * gathers[i];
      if (std::abs(gathers[i]) > std::abs(gathers[largest])) largest = i;
    }
    rms.push_back(std::sqrt(energy / static_cast<double>(gathers.size())));
    peaks.push_back(std::abs(gathers[largest]));
    if (gathers[largest] != 0.0F) statistics.polarity += gathers[largest] > 0.0F ? 1.0 : -1.0;
    const std::int64_t stored = static_cast<std::int64_t>(largest) / shape.receivers % shape.samples;
    // The middle of the recorded samples that a stored one stands for.
    const double recorded = (static_cast<double>(stored) + 0.5) * static_cast<double>(shape.decimation) - 0.5;
    times.push_back((recorded + 1.0) * time_step);
  }
  statistics.rms = median(rms);
  statistics.peak = median(peaks);
  statistics.polarity /= static_cast<double>(statistics.samples);
  statistics.peak_time = median(times);
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
