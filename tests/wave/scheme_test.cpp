#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/wave/absorbers/damping_profile.h"
#include "strataform/wave/absorbers/sponge.h"
#include "strataform/wave/check.h"
#include "strataform/wave/stability.h"
#include "strataform/wave/wavelet.h"
#include "wave/cell_survey.h"

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

TEST(DampingProfile, OfEveryAbsorberGrowsOutwardsAndShortensTheTimeStep) {
  const AbsorbingFrame frame{20, 10.0, {1500.0, 4500.0}};
  for (const auto& absorber : survey::kAbsorbers) {
    const DampingProfile& profile = damping_of({.absorber = absorber.kind});
    EXPECT_EQ(profile.damping(frame, -3.0), 0.0) << absorber.name;
    double last = 0.0;
    EXPECT_EQ(profile.damping(frame, 0.0), last) << absorber.name;
    for (double distance = 2.0; distance <= 20.0; ++distance) {
      EXPECT_GT(profile.damping(frame, distance), last) << absorber.name;
      last = profile.damping(frame, distance);
    }
    EXPECT_LT(profile.largest_time_step(frame, 0.375), std::sqrt(0.375) * 10.0 / 4500.0) << absorber.name;
  }
}

TEST(Stability, TheLargestTimeStepMeetsTheSpongesLimit) {
  const Sponge sponge{120, 10.0, 1500.0};
  for (const double velocity : {1500.0, 3000.0, 4500.0, 8000.0}) {
    const double dt = largest_time_step(openfwi_cells().on(70, 70), 1500.0, velocity);
    const double courant = std::pow(velocity * dt / sponge.spacing, 2.0);
    EXPECT_NEAR(courant, 3.0 / 8.0 * (1.0 - dt * sponge.largest_damping() / 2.0), 1e-12);
  }
}

TEST(SourceWavelet, IsTheWaveletItselfUnlessItIsMoved) {
  const survey::Source ricker_source{.peak_frequency = 15.0};
  EXPECT_EQ(source_wavelet(ricker_source, 1e-3), ricker(15.0, 1e-3));
  const survey::Source own{.peak_frequency = 15.0, .wavelet = {1.0, -2.0, 0.5}, .time_step = 2e-3, .amplitude = 3.0};
  EXPECT_EQ(source_wavelet(own, 2e-3), (std::vector<double>{3.0, -6.0, 1.5}));
}

/// A Ricker wavelet that was sampled every 4 ms, asked for every millisecond and 50 ms later.
TEST(SourceWavelet, IsInterpolatedInAnotherTimeStepAndLater) {
  constexpr double kDelay = 0.05;
  const survey::Source source{
      .peak_frequency = 15.0, .wavelet = ricker(15.0, 4e-3), .time_step = 4e-3, .delay = kDelay};
  const std::vector<double> found = source_wavelet(source, 1e-3);
  const double centre = 4e-3 * static_cast<double>(ricker_centre(15.0, 4e-3)) + kDelay;
  double largest = 0.0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double argument = std::numbers::pi * 15.0 * (1e-3 * static_cast<double>(k) - centre);
    largest =
        std::max(largest, std::abs(found[k] - (1.0 - 2.0 * argument * argument) * std::exp(-argument * argument)));
  }
  EXPECT_LT(largest, 0.01);
}

TEST(Position, IsWholeOnACellsCentreHoweverMetresAreRounded) {
  for (const double spacing : {10.0, 12.5, 10.0 / 3.0, 0.1, 6.8}) {
    const survey::Grid grid{200, 200, spacing, {-1.0 / 3.0, 7.0}};
    for (double cell = 0.0; cell < 200.0; cell += 1.0) {
      EXPECT_EQ(position_on(grid, grid.at(cell, 199.0 - cell)).row, cell);
      EXPECT_EQ(position_on(grid, grid.at(cell, 199.0 - cell)).column, 199.0 - cell);
    }
    EXPECT_NEAR(position_on(grid, grid.at(3.37, 5.5)).row, 3.37, 1e-9);
  }
}

TEST(Check, RefusesWhatDoesNotFit) {
  const auto refused = [](auto change) {
    CellSurvey acquisition = openfwi_cells();
    change(acquisition);
    EXPECT_THROW(check(acquisition.on(70, 70)), UsageError);
  };
  EXPECT_NO_THROW(check(openfwi_cells().on(70, 70)));
  refused([](CellSurvey& a) { a.sources.push_back({1, 70}); });
  refused([](CellSurvey& a) { a.receivers.push_back({-1, 0}); });
  refused([](CellSurvey& a) { a.sources.clear(); });
  refused([](CellSurvey& a) { a.spacing = 0.0; });
  refused([](CellSurvey& a) { a.time_step = std::nan(""); });
  refused([](CellSurvey& a) { a.frequency = -15.0; });
  refused([](CellSurvey& a) { a.samples = 0; });
  refused([](CellSurvey& a) { a.absorbing_cells = 1; });
  survey::Modelling modelling = openfwi_cells().on(70, 70);
  modelling.survey.sample_interval = 2.5e-3;
  EXPECT_THROW(check(modelling), UsageError);
  modelling.survey.sample_interval = 4e-3;
  EXPECT_NO_THROW(check(modelling));
}

}  // namespace
}  // namespace strataform::wave
