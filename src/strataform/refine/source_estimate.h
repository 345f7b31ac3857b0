#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/core/choice.h"
#include "strataform/refine/misfit.h"
#include "strataform/survey/modelling.h"

namespace strataform::refine {

/// What about the source is not known and estimated from the data.
enum class SourceEstimate {
  kNone,
  kAmplitude,  ///< one for each shot, anew for every model
  kWavelet,    ///< one for all shots, at the beginning of every stage
};

inline constexpr Choice<SourceEstimate> kSourceEstimates[] = {
    {"none", SourceEstimate::kNone}, {"amplitude", SourceEstimate::kAmplitude}, {"wavelet", SourceEstimate::kWavelet}};

/// The factor that brings a modelled gather closest to the recorded one in the sense of least squares; 1 for silence.
double least_squares_amplitude(std::span<const float> modelled, std::span<const float> recorded);

/// The misfit of the modelled gather scaled by that factor, and its derivative by the gather, through the factor too,
/// so that it is exact for every misfit (variable projection: Golub and Pereyra, 1973).
double scaled_misfit(const Misfit& misfit, std::int64_t traces, std::span<const float> modelled,
                     std::span<const float> recorded, std::span<float> derivative);

/// The wavelet, one value for each sample, that explains the gathers of a survey's shots, one after another, best in a
/// model in which `wavelet` makes the modelled ones: gathers are linear in it, so that at every frequency one filter
/// that turns all modelled traces into the recorded ones is a matter of least squares. A water level keeps it quiet
/// where the modelled ones have no energy.
std::vector<double> matched_wavelet(std::span<const double> wavelet, const survey::Survey& survey,
                                    std::span<const float> modelled, std::span<const float> recorded);

}  // namespace strataform::refine
