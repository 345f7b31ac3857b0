#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace strataform::test {

/// |found - expected| / |expected|, in l2.
inline double relative_difference(std::span<const float> found, std::span<const float> expected) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(static_cast<double>(found[i]) - expected[i], 2.0);
    norm += std::pow(static_cast<double>(expected[i]), 2.0);
  }
  return std::sqrt(difference / norm);
}

}  // namespace strataform::test
