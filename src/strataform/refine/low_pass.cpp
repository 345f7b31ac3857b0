#include "strataform/refine/low_pass.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "strataform/core/error.h"

namespace strataform::refine {
namespace {

/// y_n = b0 x_n + b1 x_n-1 + b2 x_n-2 - a1 y_n-1 - a2 y_n-2.
struct Section {
  double b0, b1, b2, a1, a2;
};

/// A section of two poles with quality q by the bilinear transformation, its frequency warped so that the cutoff stays.
Section low_pass_section(double cutoff, double time_step, double q) {
  const double k = std::tan(std::numbers::pi * cutoff * time_step);
  const double norm = 1.0 / (1.0 + k / q + k * k);
  return {k * k * norm, 2.0 * k * k * norm, k * k * norm, 2.0 * (k * k - 1.0) * norm, (1.0 - k / q + k * k) * norm};
}

template <class Real>
void apply(const Section& section, std::int64_t traces, std::span<Real> values) {
  const std::int64_t samples = std::ssize(values) / traces;
  for (std::int64_t trace = 0; trace < traces; ++trace) {
    double x1 = 0.0, x2 = 0.0, y1 = 0.0, y2 = 0.0;
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      Real& value = values[static_cast<std::size_t>(sample * traces + trace)];
      const double x = value;
      const double y = section.b0 * x + section.b1 * x1 + section.b2 * x2 - section.a1 * y1 - section.a2 * y2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      value = static_cast<Real>(y);
    }
  }
}

}  // namespace

template <class Real>
void low_pass(double cutoff, double time_step, std::int64_t traces, std::span<Real> values) {
  if (!(cutoff > 0.0 && cutoff < 0.5 / time_step)) {
    throw UsageError(
        fmt::format("low-pass: expected a frequency above 0 and below {} Hz, found {}", 0.5 / time_step, cutoff));
  }
  // The pole pairs of the eighth-order Butterworth filter lie at these angles.
  for (const double degrees : {11.25, 33.75, 56.25, 78.75}) {
    const double q = 0.5 / std::cos(degrees * std::numbers::pi / 180.0);
    apply(low_pass_section(cutoff, time_step, q), traces, values);
  }
}

template void low_pass(double cutoff, double time_step, std::int64_t traces, std::span<float> values);
template void low_pass(double cutoff, double time_step, std::int64_t traces, std::span<double> values);

}  // namespace strataform::refine
