#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace strataform::wave {

/// Samples on either side of a place that stand for it.
inline constexpr std::int64_t kSincRadius = 4;

/// The weight of a sample at a distance, in samples and within the radius: a sinc in a Kaiser window with b = 6.31,
/// which interpolates all waves of more than four samples (Hicks, Geophysics 67, 2002).
inline double windowed_sinc(double distance) {
  constexpr double kShape = 6.31;
  if (distance == 0.0) return 1.0;
  const double share = distance / static_cast<double>(kSincRadius);
  const double window =
      std::cyl_bessel_i(0.0, kShape * std::sqrt(1.0 - share * share)) / std::cyl_bessel_i(0.0, kShape);
  const double phase = std::numbers::pi * distance;
  return window * std::sin(phase) / phase;
}

}  // namespace strataform::wave
