#include "strataform/data/input_check.h"

#include <fmt/format.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/survey/live_traces.h"

namespace strataform::data {
namespace {

constexpr const char* kTrainedOn = "the network was trained on";
constexpr double kLargestAmplitudeRatio = 3.0;
// What draw_modelling() and vary_recording() draw from, in canonical units (survey::ShotImage).
constexpr double kLowestFrequency = 5.0, kHighestFrequency = 25.0;  // Hz
constexpr double kShortestRecord = 0.6;                             // s
constexpr double kDeepestPlace = 20.0;                              // m

constexpr double kLargestTimeRatio = 1.25;
/// How much further than in the training the direct wave may stand out from the rest. Over 24 examples of seven
/// families a free surface brought the ratio of peak and rms amplitude from 24..31 to 42..53.
constexpr double kLargestCrestRatio = 1.3;
/// A mean sign: below it, the polarity of the training data or of the input is mixed and says nothing.
constexpr double kClearPolarity = 0.5;
/// The same over the shots of gathers that are to be refused: nine of ten begin alike.
constexpr double kSurePolarity = 0.8;
/// How much wider, relative to the wider one, a side of the range must be to tell the polarity.
constexpr double kClearRange = 0.3;

bool differs(double found, double expected, double largest_ratio) {
  return found * largest_ratio < expected || found > expected * largest_ratio;
}

void compare_length(const GatherShape& shape, const InputSpec& spec, std::vector<InputFinding>& findings) {
  const std::int64_t recorded = shape.recorded_samples();
  if (recorded == spec.samples) return;
  findings.push_back(
      {fmt::format("{} time samples where the network was trained on {}: {}", recorded, spec.samples,
                   recorded < spec.samples ? "the missing ones count as zero" : "the others are ignored")});
}

/// Whether the largest amplitudes are a wave's and not noise's, whose signs would be mixed.
bool has_direct_wave(const AmplitudeStatistics& found) { return std::abs(found.shot_polarity) >= kSurePolarity; }

/// Which sign the largest amplitude has where it should have the other one.
InputFinding reversed_polarity(double found, const std::string& where) {
  return {fmt::format("the direct wave's largest amplitude is {} where {}: the polarity seems reversed, multiply the "
                      "gathers by -1",
                      found > 0 ? "positive" : "negative", where),
          true};
}

/// expected_by: who expects it, "the network was trained on".
void compare_amplitudes(const AmplitudeStatistics& found, const AmplitudeStatistics& expected, const char* expected_by,
                        std::vector<InputFinding>& findings) {
  if (differs(found.rms, expected.rms, kLargestAmplitudeRatio)) {
    findings.push_back({fmt::format("the rms amplitude is {:.3g} where {} {:.3g}: is the source scaled as there?",
                                    found.rms, expected_by, expected.rms)});
  }
  const bool clear = has_direct_wave(found) && std::abs(expected.polarity) >= kClearPolarity;
  if (clear && found.shot_polarity * expected.polarity < 0.0) {
    findings.push_back(reversed_polarity(
        found.shot_polarity, fmt::format("{} {} ones", expected_by, expected.polarity > 0 ? "positive" : "negative")));
  }
}

/// time_step: what the times of the peaks were measured with, s.
void compare_peak_times(const AmplitudeStatistics& found, const AmplitudeStatistics& expected, const char* expected_by,
                        double time_step, std::vector<InputFinding>& findings) {
  if (!has_direct_wave(found) || !differs(found.peak_time, expected.peak_time, kLargestTimeRatio)) return;
  findings.push_back(
      {fmt::format("at a time step of {:.4g} ms the direct wave peaks after {:.3g} s where {} {:.3g} s: is "
                   "the time step {:.2g} ms (`sample_interval` resamples the gathers), or the wavelet "
                   "another?",
                   1e3 * time_step, found.peak_time, expected_by, expected.peak_time,
                   1e3 * time_step * expected.peak_time / found.peak_time),
       true});
}

/// A free surface, the source's mirror image with the other sign, weakens what follows the direct wave.
void compare_crests(const AmplitudeStatistics& found, const AmplitudeStatistics& expected,
                    std::vector<InputFinding>& findings) {
  const auto crest = [](const AmplitudeStatistics& statistics) { return statistics.peak / statistics.rms; };
  const bool is_known = has_direct_wave(found) && expected.rms > 0.0;
  if (!is_known || crest(found) <= kLargestCrestRatio * crest(expected)) return;
  findings.push_back({fmt::format(
      "the direct wave is {:.0f} times the rms amplitude where {} {:.0f} times: are there a free surface, or "
      "other distances between sources and receivers? Fine-tune the network on such gathers (finetune)",
      crest(found), kTrainedOn, crest(expected))});
}

/// For an imported network, of whose training data nothing is known but the range of amplitudes: the largest magnitude
/// of typical gathers lies within it, and on the side where it is wider.
void compare_range(const AmplitudeStatistics& found, const Normalization& range, std::vector<InputFinding>& findings) {
  const double below = std::abs(range.data_min);
  const double above = std::abs(range.data_max);
  const double bound = std::max(below, above);
  const std::string where = fmt::format("the network's range is {} to {}", range.data_min, range.data_max);
  if (differs(found.peak, bound, kLargestAmplitudeRatio)) {
    findings.push_back({fmt::format(
        "the largest amplitude is {:.3g} where {}: is the source scaled as in the training data?", found.peak, where)});
  }
  const double expected = (above - below) / bound;
  const bool clear = has_direct_wave(found) && std::abs(expected) >= kClearRange;
  if (clear && found.shot_polarity * expected < 0.0) findings.push_back(reversed_polarity(found.shot_polarity, where));
}

void compare_time_step(const GatherSource& source, const InputSpec& spec, const AmplitudeStatistics& found,
                       std::vector<InputFinding>& findings) {
  if (const std::optional<survey::Modelling> modelling = source.modelling()) {
    const double interval = modelling->survey.sample_interval;
    if (std::abs(interval - spec.time_step) > 1e-6 * spec.time_step) {
      findings.push_back({fmt::format("the time step is {:.4g} ms where the network was trained on {:.4g} ms: "
                                      "`sample_interval` {:.4g} resamples the gathers",
                                      1e3 * interval, 1e3 * spec.time_step, interval),
                          true});
    }
    return;
  }
  if (spec.amplitude.measured()) compare_peak_times(found, spec.amplitude, kTrainedOn, spec.time_step, findings);
}

std::string describe_surface(const survey::Scheme& scheme) {
  return scheme.free_surface ? "a free surface" : "no free surface";
}

std::string describe_absorber(const survey::Scheme& scheme) {
  return fmt::format("{} cells of the absorber {}", scheme.absorbing_cells,
                     name_of(survey::kAbsorbers, scheme.absorber));
}

/// The places where the shots of both surveys, as many as both have, are fired and recorded.
bool same_places(const survey::Survey& a, const survey::Survey& b) {
  const std::size_t shots = std::min(a.shots.size(), b.shots.size());
  return std::equal(a.shots.begin(), a.shots.begin() + static_cast<std::ptrdiff_t>(shots), b.shots.begin());
}

/// What of a survey lies outside of what a network of any survey was trained on, in the units of its maps.
std::vector<InputFinding> survey_findings(const GatherSource& source, double velocity_ratio) {
  std::vector<InputFinding> findings;
  const std::optional<survey::Modelling> modelling = source.size() > 0 ? source.modelling_of(0) : std::nullopt;
  if (!modelling) return findings;
  const auto& [grid, survey, peak, scheme] = *modelling;
  const double length_unit = grid.spacing / survey::ShotImage::kSpacing;
  const double time_unit = length_unit * velocity_ratio;
  const double frequency = peak.peak_frequency * time_unit;
  if (frequency > 0.0 && (frequency < kLowestFrequency || frequency > kHighestFrequency)) {
    findings.push_back(
        {fmt::format("a peak frequency of {:.3g} Hz on cells of {:.3g} m is outside of the training's "
                     "{:.3g} to {:.3g} Hz on such cells",
                     peak.peak_frequency, grid.spacing, kLowestFrequency / time_unit, kHighestFrequency / time_unit)});
  }
  const double length = survey.sample_interval * static_cast<double>(survey.samples);
  if (length < kShortestRecord * time_unit) {
    findings.push_back(
        {fmt::format("a record of {:.3g} s is shorter than the training's, {:.3g} to {:.3g} s for cells "
                     "of {:.3g} m: what lies deep was not recorded",
                     length, kShortestRecord * time_unit, time_unit, grid.spacing)});
  }
  double deepest = 0.0;
  for (const survey::Shot& shot : survey.shots) {
    deepest = std::max(deepest, shot.source.z);
    for (const survey::Point& receiver : shot.receivers) deepest = std::max(deepest, receiver.z);
  }
  if (deepest - grid.origin.z > kDeepestPlace * length_unit * (1.0 + 1e-6)) {
    findings.push_back(
        {fmt::format("sources or receivers {:.3g} m below the map's first row are deeper than the "
                     "training's {:.3g} m for cells of {:.3g} m",
                     deepest - grid.origin.z, kDeepestPlace * length_unit, grid.spacing)});
  }
  return findings;
}

}  // namespace

std::vector<InputFinding> input_findings(const GatherSource& source, const InputSpec& spec, double velocity_ratio) {
  constexpr std::int64_t kLooked = 16;
  std::vector<InputFinding> findings;
  if (spec.any_survey) return survey_findings(source, velocity_ratio);
  compare_length(source.gather_shape(), spec, findings);
  const AmplitudeStatistics found = measure_amplitudes(source, spec.time_step, kLooked);
  if (found.dead_share > 0.0 && found.dead_share < 1.0) {
    findings.push_back(
        {fmt::format("{:.1f} % of the traces hold one value each, as dead ones do: the network takes them for silence",
                     100.0 * found.dead_share)});
  }
  if (spec.amplitude.measured()) {
    compare_amplitudes(found, spec.amplitude, kTrainedOn, findings);
  } else {
    compare_range(found, spec.normalization, findings);
  }
  compare_time_step(source, spec, found, findings);
  // Another time step or length changes the rms amplitude, too.
  if (spec.amplitude.measured() && findings.empty()) compare_crests(found, spec.amplitude, findings);
  return findings;
}

std::vector<InputFinding> direct_wave_findings(const AmplitudeStatistics& found, const AmplitudeStatistics& simulated,
                                               double time_step) {
  constexpr const char* kSimulated = "the simulation over the map to begin with has";
  std::vector<InputFinding> findings;
  compare_amplitudes(found, simulated, kSimulated, findings);
  compare_peak_times(found, simulated, kSimulated, time_step, findings);
  return findings;
}

std::vector<std::string> modelling_differences(const std::optional<survey::Modelling>& found,
                                               const std::optional<survey::Modelling>& trained) {
  if (!found || !trained) return {};
  std::vector<std::string> differences;
  const auto compare = [&](bool same, const std::string& is, const std::string& was) {
    if (same) return;
    differences.push_back(
        fmt::format("the gathers were simulated with {} where the network was trained with {}: fine-tune it on such "
                    "gathers (finetune)",
                    is, was));
  };
  const survey::Scheme& scheme = found->scheme;
  const survey::Scheme& expected = trained->scheme;
  compare(scheme.free_surface == expected.free_surface, describe_surface(scheme), describe_surface(expected));
  compare(scheme.absorber == expected.absorber && scheme.absorbing_cells == expected.absorbing_cells,
          describe_absorber(scheme), describe_absorber(expected));
  compare(found->source.peak_frequency == trained->source.peak_frequency &&
              found->source.wavelet == trained->source.wavelet,
          fmt::format("a wavelet of {:.4g} Hz", found->source.peak_frequency),
          fmt::format("one of {:.4g} Hz", trained->source.peak_frequency));
  compare(same_places(found->survey, trained->survey), "other places of sources or receivers", "its own");
  return differences;
}

VelocityRange velocity_range(Mismatch mismatch) {
  return mismatch == Mismatch::kAccept ? VelocityRange::kPositive : VelocityRange::kMetres;
}

void report(const std::vector<InputFinding>& findings, const std::string& name, Mismatch mismatch,
            const Context& context) {
  for (const InputFinding& finding : findings) {
    if (!finding.is_worthless || mismatch == Mismatch::kAccept) continue;
    throw MismatchError(fmt::format("{}: {}; `accept_mismatch` takes the gathers as they are", name, finding.text));
  }
  for (const InputFinding& finding : findings) context.warn(finding.text);
}

bool has_live_trace(std::span<const float> gathers, const GatherShape& shape) {
  const auto size = static_cast<std::size_t>(shape.samples * shape.receivers);
  for (std::size_t first = 0; first < gathers.size(); first += size) {
    const std::vector<bool> live = survey::live_traces(gathers.subspan(first, size), shape.receivers);
    if (std::ranges::find(live, true) != live.end()) return true;
  }
  return false;
}

std::vector<std::int64_t> dead_examples(const GatherSource& source, const Context& context) {
  const GatherShape shape = source.gather_shape();
  std::vector<char> is_dead(static_cast<std::size_t>(source.size()), 0);
  parallel_for(source.size(), context.thread_count(), [&](std::int64_t index, int) {
    context.throw_if_stopped("interrupted: nothing was written");
    std::vector<float> gathers(static_cast<std::size_t>(shape.size()));
    source.read_gathers(index, gathers);
    is_dead[static_cast<std::size_t>(index)] = has_live_trace(gathers, shape) ? 0 : 1;
  });
  std::vector<std::int64_t> dead;
  for (std::size_t index = 0; index < is_dead.size(); ++index) {
    if (is_dead[index] != 0) dead.push_back(static_cast<std::int64_t>(index));
  }
  return dead;
}

std::vector<InputFinding> dead_findings(const std::vector<std::int64_t>& dead) {
  if (dead.empty()) return {};
  constexpr std::size_t kNamed = 8;
  const std::span<const std::int64_t> named = std::span(dead).first(std::min(kNamed, dead.size()));
  return {{fmt::format("the gathers of {} example{} (number {}{}) hold one value in every trace: leave them out",
                       dead.size(), dead.size() == 1 ? "" : "s", fmt::join(named, ", "),
                       dead.size() > kNamed ? ", ..." : ""),
           true}};
}

}  // namespace strataform::data
