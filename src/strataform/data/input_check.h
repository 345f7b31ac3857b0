#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/array_files.h"
#include "strataform/data/gather_source.h"
#include "strataform/data/input_spec.h"

namespace strataform::data {

/// Something about gathers that does not look like what a network was trained on.
struct InputFinding {
  std::string text;           ///< one sentence that says what to do
  bool is_worthless = false;  ///< what a network makes of such gathers is known to mean nothing: time step, polarity
};

/// What about these gathers does not look like a network's training data: number of time samples, dead traces,
/// amplitude, polarity, time step. Reads up to 16 examples of the source. Of a network of any survey what of the survey
/// lies beyond its training; velocity_ratio: see ShotImageOptions. Empty where all is well.
[[nodiscard]] std::vector<InputFinding> input_findings(const GatherSource& source, const InputSpec& spec,
                                                       double velocity_ratio = 1.0);

/// What about the direct wave of gathers differs from that of simulated ones: amplitude, polarity and the time of its
/// peak, which tells of another time step (s). Both are of the same survey.
[[nodiscard]] std::vector<InputFinding> direct_wave_findings(const AmplitudeStatistics& found,
                                                             const AmplitudeStatistics& simulated, double time_step);

/// What of the physics differs, one sentence each: free surface, absorber, frequency, cells and the places of sources
/// and receivers. Empty where it is the same, or where either is not known.
[[nodiscard]] std::vector<std::string> modelling_differences(const std::optional<survey::Modelling>& found,
                                                             const std::optional<survey::Modelling>& trained);

/// What becomes of gathers or maps that are known to lead to a worthless result.
enum class Mismatch {
  kRefuse,
  kAccept,  ///< the user insists: a warning
};

/// Which velocities are taken: those in km/s too where the user insists.
[[nodiscard]] VelocityRange velocity_range(Mismatch mismatch);

/// Warns of the findings and throws MismatchError, which names the source, for one that is worthless, unless that is
/// accepted.
void report(const std::vector<InputFinding>& findings, const std::string& name, Mismatch mismatch,
            const Context& context);

/// Whether any trace of the gathers of one example is live.
[[nodiscard]] bool has_live_trace(std::span<const float> gathers, const GatherShape& shape);

/// The examples of a source, numbered from 0, that have no live trace at all. Reads all of them.
[[nodiscard]] std::vector<std::int64_t> dead_examples(const GatherSource& source, const Context& context = {});

/// Of what dead_examples() gives; empty for none.
[[nodiscard]] std::vector<InputFinding> dead_findings(const std::vector<std::int64_t>& dead);

}  // namespace strataform::data
