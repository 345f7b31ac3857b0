#pragma once

#include <cstdint>
#include <optional>

#include "strataform/survey/openfwi.h"

namespace strataform::data {

/// How gathers are recorded, whoever makes them: the generator, the stream, the study and the demo. The defaults are
/// OpenFWI's.
struct Conditions {
  double frequency = survey::Openfwi::kPeakFrequency;  ///< peak frequency of the Ricker wavelet, Hz
  std::int64_t refinement = 1;                         ///< cells and time steps that each of OpenFWI's is modelled with
  std::optional<double> noise_db{};  ///< signal-to-noise ratio of white noise over the recorded samples of each model
  double muted = 0.0;                ///< share of the traces of each model that are zero
  /// Every example has a survey, source and scheme of its own, drawn by draw_modelling(); frequency and refinement are
  /// not used.
  bool varied = false;
};

}  // namespace strataform::data
