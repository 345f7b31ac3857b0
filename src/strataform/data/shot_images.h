#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "strataform/data/gather_source.h"
#include "strataform/survey/modelling.h"

namespace strataform::data {

struct ShotImageOptions {
  bool replace_last = false;    ///< the last recorded sample is replaced by the one before it, unless they are means
  bool mirrored = false;        ///< the left-right mirror image of survey and gathers
  double velocity_ratio = 1.0;  ///< of the network's velocities to the map's: above 1 for slower ground
};

/// How the gathers of one model become the input of a network that takes any survey: survey::ShotImage, one for each
/// shot, [10, 205, 70].
///
/// Units are made canonical by the exact symmetries of the wave equation. Lengths are divided by the spacing of the
/// grid's cells and multiplied by 10 m; times as well, and divided by the ratio of the velocities. A record begins
/// where the known wavelet peaks, less ShotImage::kPeakTime. Each shot is divided by the median of its live traces'
/// largest magnitudes, and all of them by the sign of the wavelet: that of the mean skewness of the traces, which a
/// change of sign turns and noise leaves alone. Traces that hold one value each are dead (survey::live_traces).
///
/// modelling says where was shot and recorded, and with what wavelet; its grid is the window that the map is made of:
/// what was recorded beside its columns is left out. gathers [shots, samples, receivers] as recorded, or means over
/// shape.decimation samples. out: ShotImage::kShots images.
void prepare_shot_images(const survey::Modelling& modelling, const GatherShape& shape, std::span<const float> gathers,
                         const ShotImageOptions& options, std::span<float> out);

/// Throws MismatchError, saying what is missing, where a network cannot use a survey: more shots than
/// ShotImage::kShots, sources outside the window, no receiver in it, a grid of other than 70 columns.
void check_survey(const survey::Modelling& modelling, const std::string& name);

}  // namespace strataform::data
