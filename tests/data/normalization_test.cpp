#include "strataform/data/normalization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "strataform/core/error.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

double reference(const Normalization& normalization, double x) {
  const auto logarithm = [](double value) { return std::copysign(std::log1p(std::abs(value)), value); };
  const double low = logarithm(normalization.data_min);
  return 2.0 * (logarithm(x) - low) / (logarithm(normalization.data_max) - low) - 1.0;
}

TEST(Normalization, AgreesWithTheFormulaOverAllMagnitudes) {
  const Normalization normalization;
  std::vector<float> amplitudes = random_values(1, 100'000, -60.0, 60.0);
  for (double magnitude = 1e-12; magnitude < 1e6; magnitude *= 1.01) {
    amplitudes.push_back(static_cast<float>(magnitude));
    amplitudes.push_back(static_cast<float>(-magnitude));
  }
  std::vector<float> normalized(amplitudes.size());
  normalize_gathers(normalization, amplitudes, normalized);
  for (std::size_t i = 0; i < amplitudes.size(); ++i) {
    ASSERT_NEAR(normalized[i], reference(normalization, amplitudes[i]), 1e-6) << amplitudes[i];
  }
}

TEST(Normalization, MapsTheRangeToMinusOneAndOne) {
  const Normalization normalization{.data_min = -26.95, .data_max = 52.77};
  const std::vector<float> ends = {-26.95F, 52.77F};
  std::vector<float> normalized(2);
  normalize_gathers(normalization, ends, normalized);
  EXPECT_NEAR(normalized[0], -1.0F, 1e-6);
  EXPECT_NEAR(normalized[1], 1.0F, 1e-6);
}

TEST(Normalization, VelocitiesGoToTheUnitRangeAndBack) {
  const Normalization normalization;
  const std::vector<float> velocity = {1500.0F, 3000.0F, 4500.0F, 2250.0F};
  const std::vector<float> expected = {-1.0F, 0.0F, 1.0F, -0.5F};
  std::vector<float> values(4);
  normalize_velocity(normalization, velocity, values);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(values[i], expected[i], 1e-6);
  denormalize_velocity(normalization, values, values);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(values[i], velocity[i], 1e-3);
}

TEST(Normalization, RefusesAnEmptyRange) {
  EXPECT_THROW(check({.data_min = 60.0, .data_max = -30.0}), UsageError);
  EXPECT_THROW(check({.velocity_min = 1500.0, .velocity_max = std::nan("")}), UsageError);
}

}  // namespace
}  // namespace strataform::data
