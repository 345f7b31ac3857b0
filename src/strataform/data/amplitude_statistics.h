#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "strataform/data/gather_source.h"

namespace strataform::data {

/// What gathers look like, to warn about input that a model was not trained on.
struct AmplitudeStatistics {
  double rms = 0.0;          ///< median over the models of the gathers' rms amplitude
  double peak = 0.0;         ///< median of the largest magnitude: the direct wave's, near the source
  double polarity = 0.0;     ///< mean sign of that largest amplitude, -1..1; 0 where nothing was measured
  double peak_time = 0.0;    ///< median time of that largest amplitude, s
  std::int64_t samples = 0;  ///< models measured
  // Not recorded:
  double dead_share = 0.0;     ///< of the traces, those left out because they hold one value each
  double shot_polarity = 0.0;  ///< mean sign of each shot's largest amplitude: near 0 where noise is larger than waves

  [[nodiscard]] bool measured() const { return samples > 0; }
};

/// Measures the live traces of at most `limit` models, spread evenly over the source. time_step is that of recorded
/// samples, in s.
AmplitudeStatistics measure_amplitudes(const GatherSource& source, double time_step, std::int64_t limit = 300);

nlohmann::json to_json(const AmplitudeStatistics& statistics);
/// Throws InputError; where names the file that the JSON came from.
AmplitudeStatistics amplitude_statistics_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace strataform::data
