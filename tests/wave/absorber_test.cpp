// What the layer sends back, and the free surface, positions off the grid and orders against analytic solutions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/wave/check.h"
#include "strataform/wave/engine/footprint.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/stability.h"
#include "wave/analytic.h"

namespace strataform::wave {
namespace {

constexpr std::int64_t kDepth = 100;
constexpr std::int64_t kWidth = 60;
/// Cells from the source to the layer's edge, and from there to the receivers, which lie below it in one column.
constexpr std::int64_t kAway = 20;

std::vector<float> homogeneous(const CellSurvey& acquisition, std::int64_t nz, std::int64_t nx, float velocity) {
  const Propagator propagator(acquisition.on(nz, nx), {.active_window = false, .instruction_set = {}});
  std::vector<float> gather(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(std::vector<float>(static_cast<std::size_t>(nz * nx), velocity), 1, gather);
  return gather;
}

std::vector<double> largest_of_traces(const std::vector<float>& gather, std::size_t traces) {
  std::vector<double> largest(traces, 0.0);
  for (std::size_t i = 0; i < gather.size(); ++i) {
    largest[i % traces] = std::max(largest[i % traces], std::abs(static_cast<double>(gather[i])));
  }
  return largest;
}

/// What comes back from a layer of 20 cells under up to 45 degrees, as a share of the wave that has gone as far without
/// meeting one: the difference to a domain that is too large for anything to come back.
double largest_reflection(float velocity, std::int64_t space_order) {
  CellSurvey acquisition;
  acquisition.absorber = Absorber::kPml;
  acquisition.absorbing_cells = 20;
  acquisition.space_order = space_order;
  acquisition.sources = {{10.0, static_cast<double>(kAway)}};
  acquisition.samples = static_cast<std::int64_t>(2.0 * kAway * 15.0 / static_cast<double>(velocity) * 1000.0) + 200;
  for (std::int64_t down = 0; down <= 2 * kAway; down += 4) {
    acquisition.receivers.push_back({10.0 + static_cast<double>(down), static_cast<double>(kAway)});
  }
  const std::size_t receivers = acquisition.receivers.size();
  std::vector<float> difference = homogeneous(acquisition, kDepth, kWidth, velocity);

  constexpr std::int64_t kMore = 160;
  CellSurvey large = acquisition;
  for (auto* positions : {&large.sources, &large.receivers}) {
    for (auto& [row, column] : *positions) {
      row += kMore;
      column += kMore;
    }
  }
  const auto undisturbed = homogeneous(large, kDepth + 2 * kMore, kWidth + 2 * kMore, velocity);
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= undisturbed[i];
  for (auto& receiver : large.receivers) receiver.column -= 2.0 * kAway;
  const auto incident =
      largest_of_traces(homogeneous(large, kDepth + 2 * kMore, kWidth + 2 * kMore, velocity), receivers);
  const auto reflected = largest_of_traces(difference, receivers);
  double share = 0.0;
  for (std::size_t r = 0; r < receivers; ++r) share = std::max(share, reflected[r] / incident[r]);
  return share;
}

TEST(Pml, SendsBackLessThanAThousandth) {
  for (const float velocity : {1500.0F, 3000.0F, 4500.0F}) EXPECT_LT(largest_reflection(velocity, 4), 1e-4) << velocity;
  EXPECT_LT(largest_reflection(2000.0F, 2), 1e-4);
  EXPECT_LT(largest_reflection(2000.0F, 8), 1e-4);
}

TEST(FreeSurface, AddsTheImageOfTheSourceWithTheOtherSign) {
  constexpr float kVelocity = 3000.0F;
  CellSurvey acquisition;
  acquisition.absorber = Absorber::kPml;
  acquisition.absorbing_cells = 20;
  acquisition.free_surface = true;
  acquisition.samples = 400;
  acquisition.sources = {{12.0, 40.0}};
  acquisition.receivers = {{20.0, 60.0}, {3.0, 50.0}, {35.5, 30.25}};
  const auto gather = homogeneous(acquisition, 60, 80, kVelocity);
  EXPECT_LE(largest_analytic_difference(acquisition, kVelocity, gather, {{1.0, {12.0, 40.0}}, {-1.0, {-12.0, 40.0}}}),
            0.01);
}

TEST(Footprint, PutsSourcesAndReceiversBetweenCells) {
  constexpr float kVelocity = 3000.0F;
  for (const std::int64_t order : {4, 8}) {
    CellSurvey acquisition;
    acquisition.space_order = order;
    acquisition.samples = 400;
    acquisition.sources = {{30.37, 20.5}};
    acquisition.receivers = {{30.0, 40.0}, {49.62, 50.71}, {10.25, 61.5}};
    const auto gather = homogeneous(acquisition, 60, 80, kVelocity);
    EXPECT_LE(largest_analytic_difference(acquisition, kVelocity, gather, {{1.0, {30.37, 20.5}}}), 0.01) << order;
  }
}

TEST(Footprint, OfAPlaceOnACellIsThatCell) {
  const auto cells = footprint({3.0, 4.0 + 1e-9});
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells[0].row, 3);
  EXPECT_EQ(cells[0].column, 4);
  EXPECT_EQ(cells[0].weight, 1.0);
  EXPECT_EQ(footprint({3.5, 4.0}).size(), 8U);
  double sum = 0.0;
  for (const WeightedCell& cell : footprint({3.5, 4.25})) sum += cell.weight;
  EXPECT_NEAR(sum, 1.0, 5e-3);
}

/// A higher order keeps a wave in shape for longer: the error of its arrival on a coarse grid.
TEST(SpaceOrder, HigherOrdersDisperseLess) {
  constexpr float kVelocity = 1500.0F;
  std::vector<double> errors;
  for (const std::int64_t order : {2, 4, 8}) {
    CellSurvey acquisition;
    acquisition.absorber = Absorber::kPml;
    acquisition.absorbing_cells = 20;
    acquisition.space_order = order;
    acquisition.time_step = 2.5e-4;
    acquisition.samples = 2400;
    acquisition.sources = {{30.0, 10.0}};
    acquisition.receivers = {{30.0, 60.0}};
    const auto gather = homogeneous(acquisition, 60, 80, kVelocity);
    errors.push_back(largest_analytic_difference(acquisition, kVelocity, gather, {{1.0, {30.0, 10.0}}}));
  }
  EXPECT_LT(errors[1], 0.25 * errors[0]);
  EXPECT_LT(errors[2], 0.25 * errors[1]);
}

TEST(Stability, WarnsOfTooFewPointsPerWavelength) {
  CellSurvey acquisition = openfwi_cells();
  EXPECT_EQ(dispersion_warning(acquisition.on(70, 70), 1500.0), "");
  acquisition.frequency = 22.0;
  EXPECT_NE(dispersion_warning(acquisition.on(70, 70), 1500.0).find("6.8 cells per wavelength"), std::string::npos)
      << dispersion_warning(acquisition.on(70, 70), 1500.0);
  acquisition.space_order = 8;
  EXPECT_EQ(dispersion_warning(acquisition.on(70, 70), 1500.0), "");
}

TEST(Check, RefusesOrdersAndPositionsThatDoNotFit) {
  CellSurvey acquisition = openfwi_cells();
  acquisition.space_order = 6;
  EXPECT_THROW(check(acquisition.on(70, 70)), UsageError);
  acquisition.space_order = 8;
  acquisition.receivers.push_back({69.1, 3.0});
  EXPECT_THROW(check(acquisition.on(70, 70)), UsageError);
  acquisition.receivers.back() = {0.0, 3.0};
  EXPECT_NO_THROW(check(acquisition.on(70, 70)));
  acquisition.free_surface = true;
  EXPECT_THROW(check(acquisition.on(70, 70)), UsageError);
}

}  // namespace
}  // namespace strataform::wave
