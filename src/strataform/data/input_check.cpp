#include "strataform/data/input_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace strataform::data {
namespace {

constexpr double kLargestAmplitudeRatio = 3.0;
// What draw_modelling() and vary_recording() draw from, in canonical units (survey::ShotImage).
constexpr double kLowestFrequency = 5.0, kHighestFrequency = 25.0;  // Hz
constexpr double kShortestRecord = 0.6;                             // s
constexpr double kDeepestPlace = 20.0;                              // m

constexpr double kLargestTimeRatio = 1.25;
/// A mean sign: below it, the polarity of the training data or of the input is mixed and says nothing.
constexpr double kClearPolarity = 0.5;
/// How much wider, relative to the wider one, a side of the range must be to tell the polarity.
constexpr double kClearRange = 0.3;

bool differs(double found, double expected, double largest_ratio) {
  return found * largest_ratio < expected || found > expected * largest_ratio;
}

void compare_length(const GatherShape& shape, const InputSpec& spec, std::vector<std::string>& warnings) {
  const std::int64_t recorded = shape.recorded_samples();
  if (recorded == spec.samples) return;
  warnings.push_back(
      fmt::format("{} time samples where the model was trained on {}: {}", recorded, spec.samples,
                  recorded < spec.samples ? "the missing ones count as zero" : "the others are ignored"));
}

void compare_amplitudes(const AmplitudeStatistics& found, const AmplitudeStatistics& expected,
                        std::vector<std::string>& warnings) {
  if (differs(found.rms, expected.rms, kLargestAmplitudeRatio)) {
    warnings.push_back(
        fmt::format("the rms amplitude is {:.3g} where the model was trained on {:.3g}: is the source "
                    "scaled as in the training data?",
                    found.rms, expected.rms));
  }
  const bool clear = std::abs(found.polarity) >= kClearPolarity && std::abs(expected.polarity) >= kClearPolarity;
  if (clear && found.polarity * expected.polarity < 0.0) {
    warnings.push_back(
        fmt::format("the direct wave's largest amplitude is {} where the model was trained on {} ones: "
                    "is the polarity reversed?",
                    found.polarity > 0 ? "positive" : "negative", expected.polarity > 0 ? "positive" : "negative"));
  }
}

/// For an imported model, of whose training data nothing is known but the range of amplitudes: the largest magnitude
/// of typical gathers lies within it, and on the side where it is wider.
void compare_range(const AmplitudeStatistics& found, const Normalization& range, std::vector<std::string>& warnings) {
  const double below = std::abs(range.data_min);
  const double above = std::abs(range.data_max);
  const double bound = std::max(below, above);
  if (differs(found.peak, bound, kLargestAmplitudeRatio)) {
    warnings.push_back(
        fmt::format("the largest amplitude is {:.3g} where the model's range is {} to {}: is the source scaled as in "
                    "the training data?",
                    found.peak, range.data_min, range.data_max));
  }
  const double expected = (above - below) / bound;
  const bool clear = std::abs(found.polarity) >= kClearPolarity && std::abs(expected) >= kClearRange;
  if (clear && found.polarity * expected < 0.0) {
    warnings.push_back(
        fmt::format("the direct wave's largest amplitude is {} where the model's range is {} to {}: is the polarity "
                    "reversed?",
                    found.polarity > 0 ? "positive" : "negative", range.data_min, range.data_max));
  }
}

void compare_time_step(const GatherSource& source, const InputSpec& spec, const AmplitudeStatistics& found,
                       std::vector<std::string>& warnings) {
  const std::optional<survey::Modelling> modelling = source.modelling();
  if (modelling) {
    const double interval = modelling->survey.sample_interval;
    if (std::abs(interval - spec.time_step) > 1e-6 * spec.time_step) {
      warnings.push_back(fmt::format("the time step is {:.4g} ms where the model was trained on {:.4g} ms",
                                     1e3 * interval, 1e3 * spec.time_step));
    }
    return;
  }
  const double expected = spec.amplitude.peak_time;
  if (spec.amplitude.measured() && found.rms > 0.0 && differs(found.peak_time, expected, kLargestTimeRatio)) {
    warnings.push_back(fmt::format(
        "at a time step of {:.4g} ms the direct wave peaks after {:.3g} s where the model "
        "was trained on {:.3g} s: is the time step {:.2g} ms, or the wavelet another?",
        1e3 * spec.time_step, found.peak_time, expected, 1e3 * spec.time_step * expected / found.peak_time));
  }
}

/// What of a survey lies outside of what a network of any survey was trained on, in the units of its maps.
std::vector<std::string> survey_warnings(const GatherSource& source) {
  std::vector<std::string> warnings;
  const std::optional<survey::Modelling> modelling = source.size() > 0 ? source.modelling_of(0) : std::nullopt;
  if (!modelling) return warnings;
  const auto& [grid, survey, peak, scheme] = *modelling;
  const double scale = grid.spacing / survey::ShotImage::kSpacing;
  const double frequency = peak.peak_frequency * scale;
  if (frequency > 0.0 && (frequency < kLowestFrequency || frequency > kHighestFrequency)) {
    warnings.push_back(fmt::format("a peak frequency of {:.3g} Hz on cells of {:.3g} m is outside of the training's "
                                   "{:.3g} to {:.3g} Hz on such cells",
                                   peak.peak_frequency, grid.spacing, kLowestFrequency / scale,
                                   kHighestFrequency / scale));
  }
  const double length = survey.sample_interval * static_cast<double>(survey.samples);
  if (length < kShortestRecord * scale) {
    warnings.push_back(fmt::format("a record of {:.3g} s is shorter than the training's, {:.3g} to {:.3g} s for cells "
                                   "of {:.3g} m: what lies deep was not recorded",
                                   length, kShortestRecord * scale, scale, grid.spacing));
  }
  double deepest = 0.0;
  for (const survey::Shot& shot : survey.shots) {
    deepest = std::max(deepest, shot.source.z);
    for (const survey::Point& receiver : shot.receivers) deepest = std::max(deepest, receiver.z);
  }
  if (deepest - grid.origin.z > kDeepestPlace * scale * (1.0 + 1e-6)) {
    warnings.push_back(fmt::format("sources or receivers {:.3g} m below the map's first row are deeper than the "
                                   "training's {:.3g} m for cells of {:.3g} m",
                                   deepest - grid.origin.z, kDeepestPlace * scale, grid.spacing));
  }
  return warnings;
}

}  // namespace

std::vector<std::string> input_warnings(const GatherSource& source, const InputSpec& spec, std::int64_t limit) {
  std::vector<std::string> warnings;
  if (spec.any_survey) return survey_warnings(source);
  compare_length(source.gather_shape(), spec, warnings);
  const AmplitudeStatistics found = measure_amplitudes(source, spec.time_step, limit);
  if (found.dead_share > 0.0 && found.dead_share < 1.0) {
    warnings.push_back(
        fmt::format("{:.1f} % of the traces hold one value each, as dead ones do: the model takes them for "
                    "silence",
                    100.0 * found.dead_share));
  }
  if (spec.amplitude.measured()) {
    compare_amplitudes(found, spec.amplitude, warnings);
  } else {
    compare_range(found, spec.normalization, warnings);
  }
  compare_time_step(source, spec, found, warnings);
  return warnings;
}

}  // namespace strataform::data
