#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "strataform/geology/family.h"
#include "strataform/io/option.h"
#include "strataform/survey/modelling.h"
#include "strataform/survey/openfwi.h"

namespace strataform::data {

/// How gathers are recorded, whoever makes them: the generator, the stream, the study and the demo. The defaults are
/// OpenFWI's.
struct Conditions {
  double frequency = survey::Openfwi::kPeakFrequency;  ///< peak frequency of the Ricker wavelet, Hz
  std::int64_t refinement = 1;                 ///< cells and time steps that each of the survey's is modelled with
  double spacing = survey::Openfwi::kSpacing;  ///< of the cells, m; time step and positions grow with it
  survey::Absorber absorber = survey::Absorber::kSponge;
  std::int64_t absorbing_cells = survey::Openfwi::kSpongeCells;
  bool free_surface = false;
  std::vector<double> sources{};   ///< their places along the line, m; empty: OpenFWI's, evenly spread
  std::int64_t receiver_step = 1;  ///< columns between two receivers
  double depth = 10.0;             ///< of sources and receivers on cells of 10 m, m; it grows with the spacing
  // What is done to the gathers of each model, in this order; nothing of it is told in the modelling.
  double phase = 0.0;                ///< by which the wavelet is rotated, degrees
  double delay = 0.0;                ///< by which all comes later, ms
  double gain = 1.0;                 ///< amplitudes are multiplied by it; below 0 it reverses the polarity
  std::optional<double> noise_db{};  ///< signal-to-noise ratio of white noise over the recorded samples of each model
  double muted = 0.0;                ///< share of the traces of each model that are zero
  bool one_sided = false;            ///< traces to the left of their source are zero
  /// Every example has a survey, source and scheme of its own, drawn by draw_modelling(), and nothing of the above
  /// holds.
  bool varied = false;
};

/// All of them but `varied`.
[[nodiscard]] const std::vector<io::Option<Conditions>>& condition_options();

/// Throws UsageError, naming the option.
void check(const Conditions& conditions);

/// What differs from OpenFWI's, for records.
[[nodiscard]] nlohmann::json to_json(const Conditions& conditions);

/// The survey, source and scheme over maps of this size, on the survey's own grid and in its time step. flip_shot: also
/// the mirror image of each source that has none.
[[nodiscard]] survey::Modelling modelling_of(const Conditions& conditions, const geology::MapSize& size,
                                             bool flip_shot);

}  // namespace strataform::data
