#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strataform/figures/panel.h"

namespace strataform::figures {

/// The traces of one shot.
struct GatherShape {
  int samples = 0;
  int receivers = 0;
  double time_step = 0.0;            ///< s
  std::vector<double> receiver_x{};  ///< places along the line, m; empty: not known
  std::optional<double> source_x{};  ///< m
};

/// A power of the time by which a gather's amplitudes are multiplied: late reflections become as visible as the direct
/// wave.
inline constexpr double kUsualGain = 2.0;

/// values: samples x receivers, amplitudes multiplied by time^gain (in s; 0: as they are). The range is
/// symmetric_limit(values, 0.98) on both sides of zero. Receivers an equal distance apart stand over metres, others
/// over their numbers; where their places are known they are marked, and the source with them. Throws InputError where
/// values or places are not as many as the shape says.
[[nodiscard]] Panel gather_panel(std::span<const float> values, const GatherShape& shape, std::string title,
                                 double gain = kUsualGain);

}  // namespace strataform::figures
