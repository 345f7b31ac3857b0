#include "strataform/study/statistics.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace strataform::study {
namespace {

/// The probability that a Student-distributed number is at most t in size, by the finite series for whole degrees of
/// freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
double probability_within(double t, std::int64_t degrees) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1.0;
  double sum = degrees == 1 ? 0.0 : term;
  for (std::int64_t k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  return odd ? 2.0 / std::numbers::pi * (angle + sine * sum) : sine * sum;
}

}  // namespace

double student_t_95(std::int64_t degrees_of_freedom) {
  if (degrees_of_freedom < 1) throw std::invalid_argument("student_t_95: expected at least one degree of freedom");
  double low = 1.0;
  double high = 16.0;  // 12.7 for one degree of freedom, less for more
  constexpr int kHalvings = 60;
  for (int step = 0; step < kHalvings; ++step) {
    const double middle = 0.5 * (low + high);
    (probability_within(middle, degrees_of_freedom) < 0.95 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

Estimate estimate_mean(std::span<const double> values) {
  Estimate estimate;
  estimate.count = std::ssize(values);
  if (values.empty()) return estimate;
  const auto count = static_cast<double>(values.size());
  estimate.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  estimate.half_width = std::numeric_limits<double>::quiet_NaN();
  if (values.size() < 2) return estimate;
  double squares = 0.0;
  for (const double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  const double deviation_of_mean = std::sqrt(squares / (count - 1.0) / count);
  estimate.half_width = student_t_95(estimate.count - 1) * deviation_of_mean;
  return estimate;
}

Estimate estimate_difference(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) throw std::invalid_argument("estimate_difference: expected pairs");
  std::vector<double> differences(a.size());
  for (std::size_t pair = 0; pair < a.size(); ++pair) differences[pair] = a[pair] - b[pair];
  return estimate_mean(differences);
}

}  // namespace strataform::study
