#include "strataform/io/half_range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace strataform::io {
namespace {

/// A decaying oscillation, longer than what is converted at a time.
std::vector<float> wave_of_amplitude(float amplitude) {
  std::vector<float> values(10000);
  for (std::size_t index = 0; index < values.size(); ++index) {
    const auto time = static_cast<float>(index);
    values[index] = amplitude * std::exp(-1e-3F * time) * std::sin(0.1F * time);
  }
  return values;
}

TEST(HalfRange, HoldsOrdinaryAmplitudes) {
  for (const float amplitude : {1e-2F, 1.0F, 60.0F, 6e4F}) {
    EXPECT_LT(half_error(wave_of_amplitude(amplitude)), 4.9e-4) << amplitude;
    EXPECT_TRUE(fits_half(wave_of_amplitude(amplitude))) << amplitude;
  }
}

TEST(HalfRange, TellsWhatIsTooSmallOrTooLarge) {
  EXPECT_DOUBLE_EQ(half_error(wave_of_amplitude(1e-9F)), 1.0) << "all becomes zero";
  for (const float amplitude : {1e-12F, 1e-9F, 1e-7F, 1e-6F, 7e4F, 1e30F}) {
    EXPECT_FALSE(fits_half(wave_of_amplitude(amplitude))) << amplitude;
  }
}

TEST(HalfRange, CountsOnlyWhatMatters) {
  EXPECT_EQ(half_error({}), 0.0);
  EXPECT_TRUE(fits_half(std::vector<float>(10, 0.0F)));
  EXPECT_TRUE(fits_half(std::vector<float>{1.0F, 1e-9F, -1e-12F, 0.0F})) << "small beside the others";
  EXPECT_FALSE(fits_half(std::vector<float>{std::numeric_limits<float>::infinity()}));
  EXPECT_FALSE(fits_half(std::vector<float>{std::numeric_limits<float>::quiet_NaN()}));
}

}  // namespace
}  // namespace strataform::io
