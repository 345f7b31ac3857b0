#include "strataform/study/statistics.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace strataform::study {

double student_t_95(std::int64_t degrees_of_freedom) {
  if (degrees_of_freedom < 1) throw std::invalid_argument("student_t_95: expected at least one degree of freedom");
  const boost::math::students_t distribution(static_cast<double>(degrees_of_freedom));
  return boost::math::quantile(boost::math::complement(distribution, 0.025));
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
