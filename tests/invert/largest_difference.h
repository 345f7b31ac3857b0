#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace strataform::invert {

/// The largest |a - b| over all cells of maps of one size.
inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0.0;
  for (std::size_t index = 0; index < std::min(a.size(), b.size()); ++index) {
    largest = std::max<double>(largest, std::abs(a[index] - b[index]));
  }
  return largest;
}

}  // namespace strataform::invert
