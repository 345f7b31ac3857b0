#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace strataform::test {

/// |found - expected| / |expected|, in l2.
inline double relative_difference(std::span<const double> found, std::span<const double> expected) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(found[i] - expected[i], 2.0);
    norm += std::pow(expected[i], 2.0);
  }
  return std::sqrt(difference / norm);
}

inline double relative_difference(std::span<const float> found, std::span<const float> expected) {
  const std::vector<double> wide_found(found.begin(), found.end());
  const std::vector<double> wide_expected(expected.begin(), expected.end());
  return relative_difference(std::span<const double>(wide_found), std::span<const double>(wide_expected));
}

}  // namespace strataform::test
