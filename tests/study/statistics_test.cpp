#include "strataform/study/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

namespace strataform::study {
namespace {

TEST(Statistics, StudentsQuantilesAreThoseOfTheTables) {
  const std::vector<std::pair<std::int64_t, double>> table = {{1, 12.7062}, {2, 4.3027},  {3, 3.1824},
                                                              {4, 2.7764},  {5, 2.5706},  {9, 2.2622},
                                                              {10, 2.2281}, {30, 2.0423}, {120, 1.9799}};
  for (const auto& [degrees, quantile] : table) EXPECT_NEAR(student_t_95(degrees), quantile, 1e-4) << degrees;
  EXPECT_THROW((void)student_t_95(0), std::invalid_argument);
}

TEST(Statistics, IntervalOfThreeValues) {
  const Estimate estimate = estimate_mean(std::vector{1.0, 2.0, 3.0});
  EXPECT_EQ(estimate.count, 3);
  EXPECT_DOUBLE_EQ(estimate.mean, 2.0);
  EXPECT_NEAR(estimate.half_width, 2.4841, 1e-4);  // 4.3027 / sqrt(3)
  EXPECT_NEAR(estimate.low(), -0.4841, 1e-4);
  EXPECT_NEAR(estimate.high(), 4.4841, 1e-4);
}

TEST(Statistics, OneValueHasNoInterval) {
  const Estimate estimate = estimate_mean(std::vector{5.0});
  EXPECT_FALSE(estimate.has_interval());
  EXPECT_EQ(estimate.mean, 5.0);
  EXPECT_TRUE(std::isnan(estimate.half_width));
  EXPECT_EQ(estimate_mean({}).count, 0);
}

TEST(Statistics, WhatPairsShareDoesNotWidenTheInterval) {
  const std::vector<double> a = {101.0, 202.0, 303.0};
  const std::vector<double> b = {100.0, 200.0, 300.0};
  const Estimate difference = estimate_difference(a, b);
  EXPECT_DOUBLE_EQ(difference.mean, 2.0);
  EXPECT_NEAR(difference.half_width, 2.4841, 1e-4);
  EXPECT_GT(estimate_mean(a).half_width, 200.0);
  EXPECT_THROW((void)estimate_difference(a, std::vector{1.0}), std::invalid_argument);
}

}  // namespace
}  // namespace strataform::study
