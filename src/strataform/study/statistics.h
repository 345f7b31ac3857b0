#pragma once

#include <cstdint>
#include <span>

namespace strataform::study {

/// A mean with its 95 % interval: mean - half_width to mean + half_width.
struct Estimate {
  std::int64_t count = 0;
  double mean = 0.0;
  double half_width = 0.0;  ///< NaN where fewer than two values were given

  [[nodiscard]] bool has_interval() const { return count > 1; }
  [[nodiscard]] double low() const { return mean - half_width; }
  [[nodiscard]] double high() const { return mean + half_width; }
};

/// The t that a Student-distributed number with so many degrees of freedom exceeds in size with probability 5 %.
/// Throws std::invalid_argument below one.
[[nodiscard]] double student_t_95(std::int64_t degrees_of_freedom);

/// The mean of independent values with its interval after Student. count is 0 where there are none.
[[nodiscard]] Estimate estimate_mean(std::span<const double> values);

/// The mean of a[k] - b[k]: what the pairs share does not widen the interval. Throws std::invalid_argument unless both
/// have the same number of values.
[[nodiscard]] Estimate estimate_difference(std::span<const double> a, std::span<const double> b);

}  // namespace strataform::study
