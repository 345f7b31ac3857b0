#include "strataform/figures/color_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace strataform::figures {
namespace {

constexpr int kSteps = 200;

double lightness(const ColorMap& map, double unit) { return to_oklab(map(unit)).lightness; }

TEST(Oklab, KnowsWhiteBlackAndRed) {
  const Oklab white = to_oklab({1.0, 1.0, 1.0});
  EXPECT_NEAR(white.lightness, 1.0, 1e-6);
  EXPECT_NEAR(std::hypot(white.a, white.b), 0.0, 1e-6);
  EXPECT_NEAR(to_oklab({0.0, 0.0, 0.0}).lightness, 0.0, 1e-12);
  // Pure red of sRGB in Oklab.
  const Oklab red = to_oklab({1.0, 0.0, 0.0});
  EXPECT_NEAR(red.lightness, 0.62796, 1e-4);
  EXPECT_NEAR(red.a, 0.22486, 1e-4);
  EXPECT_NEAR(red.b, 0.12585, 1e-4);
}

TEST(Oklab, InvertsItself) {
  const Rgb color{0.2, 0.7, 0.4};
  const Rgb back = to_rgb(to_oklab(color));
  EXPECT_NEAR(back.red, color.red, 1e-5);
  EXPECT_NEAR(back.green, color.green, 1e-5);
  EXPECT_NEAR(back.blue, color.blue, 1e-5);
}

// A colour outside sRGB would be clipped, which changes its lightness: the even steps show that none is.
TEST(ColorMap, VelocityGrowsLighterInEvenSteps) {
  const ColorMap map(Scale::kVelocity);
  const double step = (lightness(map, 1.0) - lightness(map, 0.0)) / kSteps;
  EXPECT_GT(step * kSteps, 0.6);
  for (int k = 0; k < kSteps; ++k) {
    const double found =
        lightness(map, static_cast<double>(k + 1) / kSteps) - lightness(map, static_cast<double>(k) / kSteps);
    EXPECT_NEAR(found, step, 0.01 * step) << "step " << k;
  }
}

TEST(ColorMap, DivergingIsSymmetricAboutWhite) {
  const ColorMap map(Scale::kDiverging);
  EXPECT_NEAR(lightness(map, 0.5), 1.0, 1e-5);
  for (int k = 0; k <= kSteps / 2; ++k) {
    const double distance = static_cast<double>(k) / kSteps;
    const Oklab low = to_oklab(map(0.5 - distance));
    const Oklab high = to_oklab(map(0.5 + distance));
    EXPECT_NEAR(low.lightness, high.lightness, 1e-4);
    EXPECT_NEAR(low.lightness, 1.0 - 2.0 * 0.58 * distance, 1e-4);
    EXPECT_NEAR(std::hypot(low.a, low.b), std::hypot(high.a, high.b), 1e-3);
  }
  EXPECT_GT(map(0.0).blue, map(0.0).red);
  EXPECT_GT(map(1.0).red, map(1.0).blue);
}

TEST(ColorMap, ClampsValuesOutsideItsRange) {
  for (const Scale scale : {Scale::kVelocity, Scale::kDiverging}) {
    const ColorMap map(scale);
    EXPECT_EQ(map(-0.5), map(0.0));
    EXPECT_EQ(map(7.0), map(1.0));
  }
}

}  // namespace
}  // namespace strataform::figures
