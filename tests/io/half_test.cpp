#include "strataform/io/half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "strataform/core/random.h"

namespace strataform::io {
namespace {

constexpr std::uint32_t kHalves = 65536;

bool is_nan(std::uint16_t half) { return (half & 0x7fffU) > 0x7c00U; }

TEST(Half, EveryValueSurvivesTheRoundTrip) {
  for (std::uint32_t bits = 0; bits < kHalves; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = half_to_float(half);
    // A signalling NaN becomes quiet, which sets the first bit of the mantissa.
    const auto expected = static_cast<std::uint16_t>(is_nan(half) ? half | 0x200U : half);
    ASSERT_EQ(float_to_half(value), expected) << "half " << bits;
    ASSERT_EQ(std::isnan(value), is_nan(half)) << "half " << bits;
  }
}

TEST(Half, HasTheValuesOfTheStandard) {
  EXPECT_EQ(half_to_float(0x3c00), 1.0F);
  EXPECT_EQ(half_to_float(0xc000), -2.0F);
  EXPECT_EQ(half_to_float(0x7bff), 65504.0F);
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24F);
  EXPECT_EQ(half_to_float(0x0400), 0x1p-14F);
  EXPECT_EQ(half_to_float(0xfc00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::signbit(half_to_float(0x8000)));
}

// Between two neighbouring halves the nearer one wins, and the even one of two that are equally near.
TEST(Half, RoundsToNearestEven) {
  for (std::uint32_t bits = 0; bits < 0x7bffU; ++bits) {
    const auto low = static_cast<std::uint16_t>(bits);
    const auto high = static_cast<std::uint16_t>(bits + 1);
    const float middle = (half_to_float(low) + half_to_float(high)) / 2;
    ASSERT_EQ(float_to_half(middle), (bits & 1U) == 0 ? low : high) << "half " << bits;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0F)), low) << "half " << bits;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 1e9F)), high) << "half " << bits;
  }
  EXPECT_EQ(float_to_half(std::nextafter(65520.0F, 0.0F)), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0F), 0x7c00);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::denorm_min()), 0);
}

TEST(Half, BulkConversionToFloatsEqualsTheScalarOne) {
  std::vector<std::byte> halves(2 * std::size_t{kHalves});
  for (std::uint32_t bits = 0; bits < kHalves; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    std::memcpy(halves.data() + 2 * std::size_t{bits}, &half, sizeof(half));
  }
  std::vector<float> floats(kHalves);
  halves_to_floats(halves, floats);
  for (std::uint32_t bits = 0; bits < kHalves; ++bits) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(floats[bits]),
              std::bit_cast<std::uint32_t>(half_to_float(static_cast<std::uint16_t>(bits))));
  }
}

TEST(Half, BulkConversionToHalvesEqualsTheScalarOne) {
  Random random(1);
  // An odd count leaves a remainder behind the vector part.
  std::vector<float> floats(200'003);
  for (float& value : floats) value = std::bit_cast<float>(static_cast<std::uint32_t>(random.bits()));
  std::vector<std::byte> halves(2 * floats.size());
  floats_to_halves(floats, halves);
  for (std::size_t index = 0; index < floats.size(); ++index) {
    std::uint16_t half = 0;
    std::memcpy(&half, halves.data() + 2 * index, sizeof(half));
    ASSERT_EQ(half, float_to_half(floats[index])) << std::bit_cast<std::uint32_t>(floats[index]);
  }
}

}  // namespace
}  // namespace strataform::io
