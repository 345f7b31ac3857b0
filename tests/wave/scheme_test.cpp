#include <gtest/gtest.h>

#include <cmath>

#include "strataform/core/error.h"
#include "strataform/wave/acquisition.h"
#include "strataform/wave/sponge.h"
#include "strataform/wave/stability.h"
#include "strataform/wave/wavelet.h"

namespace strataform::wave {
namespace {

TEST(Wavelet, HasTheLengthAndPeakOfTheScheme) {
  const auto wavelet = ricker(15.0, 1e-3);
  ASSERT_EQ(wavelet.size(), 147U);
  EXPECT_DOUBLE_EQ(wavelet[73], 1.0);
  for (std::size_t k = 0; k < wavelet.size(); ++k) EXPECT_DOUBLE_EQ(wavelet[k], wavelet[146 - k]);
}

TEST(Wavelet, FollowsFrequencyAndTimeStep) {
  EXPECT_EQ(ricker(22.0, 1e-3).size(), 2U * (100 / 2) + 1);
  EXPECT_EQ(ricker(15.0, 5e-4).size(), 2U * (293 / 2) + 1);
}

TEST(Wavelet, HasItsPeakWhereItsSpectrumHas) {
  EXPECT_NEAR(peak_frequency(ricker(15.0, 1e-3), 1e-3), 15.0, 0.5);
  EXPECT_NEAR(peak_frequency(ricker(40.0, 5e-4), 5e-4), 40.0, 1.0);
  EXPECT_EQ(peak_frequency(std::vector<double>(9, 0.0), 1e-3), 0.0);
}

TEST(Sponge, DampsQuadraticallyFromZeroToItsLargestValue) {
  const Sponge sponge{120, 10.0, 1500.0};
  EXPECT_EQ(sponge.damping(0), 0.0);
  EXPECT_NEAR(sponge.largest_damping(), 3.0 * 1500.0 * std::log(1e7) / 2380.0, 1e-9);
  EXPECT_NEAR(sponge.damping(119), sponge.largest_damping(), 1e-12);
  EXPECT_NEAR(sponge.damping(60) / sponge.damping(30), 4.0, 1e-12);
}

TEST(Stability, TheLargestTimeStepMeetsTheSpongesLimit) {
  const Sponge sponge{120, 10.0, 1500.0};
  for (const double velocity : {1500.0, 3000.0, 4500.0, 8000.0}) {
    const double dt = largest_time_step(openfwi_acquisition(), 1500.0, velocity);
    const double courant = std::pow(velocity * dt / sponge.spacing, 2.0);
    EXPECT_NEAR(courant, 3.0 / 8.0 * (1.0 - dt * sponge.largest_damping() / 2.0), 1e-12);
  }
}

TEST(Acquisition, DefaultIsOpenFwi) {
  const Acquisition acquisition = openfwi_acquisition();
  ASSERT_EQ(acquisition.sources.size(), 5U);
  EXPECT_EQ(acquisition.sources[3].column, 52);
  EXPECT_EQ(acquisition.sources[3].row, 1);
  ASSERT_EQ(acquisition.receivers.size(), 70U);
  EXPECT_EQ(openfwi_acquisition(true).sources.back().column, 35);
}

TEST(Acquisition, SpreadsSourcesOverAnyWidth) {
  const Acquisition acquisition = surface_acquisition(200, 3);
  EXPECT_EQ(acquisition.sources.front().column, 0);
  EXPECT_EQ(acquisition.sources[1].column, 99);
  EXPECT_EQ(acquisition.sources.back().column, 199);
  EXPECT_EQ(acquisition.receivers.size(), 200U);
}

TEST(Acquisition, RefusesWhatDoesNotFit) {
  const auto refused = [](auto change) {
    Acquisition acquisition = openfwi_acquisition();
    change(acquisition);
    EXPECT_THROW(validate(acquisition, 70, 70), UsageError);
  };
  EXPECT_NO_THROW(validate(openfwi_acquisition(), 70, 70));
  refused([](Acquisition& a) { a.sources.push_back({1, 70}); });
  refused([](Acquisition& a) { a.receivers.push_back({-1, 0}); });
  refused([](Acquisition& a) { a.sources.clear(); });
  refused([](Acquisition& a) { a.spacing = 0.0; });
  refused([](Acquisition& a) { a.time_step = std::nan(""); });
  refused([](Acquisition& a) { a.frequency = -15.0; });
  refused([](Acquisition& a) { a.samples = 0; });
  refused([](Acquisition& a) { a.absorbing_cells = 1; });
}

}  // namespace
}  // namespace strataform::wave
