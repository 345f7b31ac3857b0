#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/stability.h"
#include "support/test_support.h"
#include "wave/analytic.h"

namespace strataform::wave {
namespace {

/// A model with a slow and a fast half and a step between them that is not flat.
std::vector<float> stepped_model(std::int64_t nz, std::int64_t nx) {
  std::vector<float> velocity;
  for (std::int64_t row = 0; row < nz; ++row) {
    for (std::int64_t column = 0; column < nx; ++column) velocity.push_back(row < 20 + column / 4 ? 1800.0F : 4200.0F);
  }
  return velocity;
}

std::vector<float> shoot(const CellSurvey& acquisition, std::span<const float> velocity, std::int64_t nz,
                         std::int64_t nx, const PropagatorOptions& options = {}) {
  const Propagator propagator(acquisition.on(nz, nx), options);
  const std::int64_t count = static_cast<std::int64_t>(velocity.size()) / (nz * nx);
  std::vector<float> gathers(static_cast<std::size_t>(count * propagator.gather_size()));
  propagator.forward(velocity, count, gathers);
  return gathers;
}

TEST(Propagator, ReproducesTheReferenceGathers) {
  const auto model_file = test::shared_file("reference/forward/model.npy");
  STRATAFORM_SKIP_WITHOUT(model_file);
  const auto velocity = io::NpyReader(model_file).read_all();
  const auto expected = io::NpyReader(test::shared_file("reference/forward/data.npy")).read_all();
  const auto gathers = shoot(openfwi_cells(), velocity, 70, 70);
  constexpr std::size_t kGather = 1000 * 70;
  for (std::size_t first = 0; first < expected.size(); first += kGather) {
    EXPECT_LE(
        relative_difference(std::span(gathers).subspan(first, kGather), std::span(expected).subspan(first, kGather)),
        1e-4)
        << "gather " << first / kGather;
  }
}

TEST(Propagator, AgreesWithTheAnalyticSolutionInAHomogeneousMedium) {
  constexpr float kVelocity = 3000.0F;
  CellSurvey acquisition = surface_cells(100, 1);
  acquisition.samples = 500;
  acquisition.sources = {{30, 20}};
  acquisition.receivers = {{30, 40}, {50, 50}, {10, 70}};
  const auto gathers = shoot(acquisition, std::vector<float>(60 * 100, kVelocity), 60, 100);
  EXPECT_LE(largest_analytic_difference(acquisition, kVelocity, gathers, {{1.0, {30, 20}}}), 0.01);
}

TEST(Propagator, KernelsAgree) {
  const auto velocity = stepped_model(70, 70);
  const auto expected = shoot(openfwi_cells(), velocity, 70, 70, {true, instruction_sets().back()});
  for (const std::string& instruction_set : instruction_sets()) {
    EXPECT_LE(relative_difference(shoot(openfwi_cells(), velocity, 70, 70, {true, instruction_set}), expected), 1e-4)
        << instruction_set;
  }
}

TEST(Propagator, ActiveWindowChangesNothingThatMatters) {
  const auto velocity = stepped_model(70, 70);
  const auto full = shoot(openfwi_cells(), velocity, 70, 70, {.active_window = false});
  EXPECT_LE(relative_difference(shoot(openfwi_cells(), velocity, 70, 70), full), 1e-5);
}

TEST(Propagator, IsIndependentOfThreadsAndBatch) {
  auto velocity = stepped_model(70, 70);
  const auto single = shoot(openfwi_cells(), velocity, 70, 70);
  velocity.insert(velocity.begin(), 4900, 2500.0F);
  const auto batch = shoot(openfwi_cells(), velocity, 70, 70, {.context = {.threads = 3}});
  EXPECT_TRUE(std::equal(single.begin(), single.end(), batch.begin() + static_cast<std::ptrdiff_t>(single.size())));
}

TEST(Propagator, StopsWhenItIsAsked) {
  const StopSource source;
  source.request_stop();
  const auto velocity = stepped_model(70, 70);
  for (const int threads : {1, 2, 16}) {
    const PropagatorOptions options{.context = {source, nullptr, threads}};
    EXPECT_THROW((void)shoot(openfwi_cells(), velocity, 70, 70, options), InterruptedError) << threads;
  }
}

TEST(Propagator, ExchangingSourceAndReceiverGivesTheSameTrace) {
  const auto velocity = stepped_model(50, 60);
  CellSurvey acquisition = surface_cells(60, 1);
  acquisition.samples = 600;
  const Position one{1, 5};
  const Position other{30, 50};
  acquisition.sources = {one};
  acquisition.receivers = {other};
  const auto there = shoot(acquisition, velocity, 50, 60);
  acquisition.sources = {other};
  acquisition.receivers = {one};
  EXPECT_LE(relative_difference(shoot(acquisition, velocity, 50, 60), there), 1e-4);
}

TEST(Propagator, AMirroredModelGivesMirroredGathersWithTheFlipShot) {
  auto velocity = stepped_model(70, 70);
  const auto original = shoot(openfwi_cells(true), velocity, 70, 70);
  for (std::size_t row = 0; row < 70; ++row) {
    std::reverse(velocity.begin() + static_cast<std::ptrdiff_t>(row * 70),
                 velocity.begin() + static_cast<std::ptrdiff_t>(row * 70 + 70));
  }
  const auto mirrored = shoot(openfwi_cells(true), velocity, 70, 70);
  const std::vector<std::size_t> order{4, 3, 5, 1, 0};
  for (std::size_t shot = 0; shot < order.size(); ++shot) {
    std::vector<float> expected;
    for (std::size_t sample = 0; sample < 1000; ++sample) {
      for (std::size_t receiver = 0; receiver < 70; ++receiver) {
        expected.push_back(original[(order[shot] * 1000 + sample) * 70 + 69 - receiver]);
      }
    }
    EXPECT_LE(relative_difference(std::span(mirrored).subspan(shot * 70000, 70000), expected), 1e-4) << "shot " << shot;
  }
}

TEST(Propagator, TakesAnyGridAndAcquisition) {
  CellSurvey acquisition = surface_cells(45, 2);
  acquisition.spacing = 5.0;
  acquisition.time_step = 5e-4;
  acquisition.samples = 300;
  acquisition.frequency = 25.0;
  acquisition.absorbing_cells = 30;
  const auto gathers = shoot(acquisition, std::vector<float>(33 * 45, 2000.0F), 33, 45);
  EXPECT_EQ(gathers.size(), 2U * 300U * 45U);
  EXPECT_GT(*std::max_element(gathers.begin(), gathers.end()), 0.1F);
}

TEST(Propagator, RefusesAnUnstableTimeStepAndNamesTheLargest) {
  CellSurvey acquisition = openfwi_cells();
  const std::vector<float> velocity(4900, 4500.0F);
  const double limit = largest_time_step(acquisition.on(70, 70), 4500.0, 4500.0);
  acquisition.time_step = limit * 1.001;
  try {
    shoot(acquisition, velocity, 70, 70);
    FAIL() << "an unstable time step was accepted";
  } catch (const NumericalError& error) {
    const std::string message = error.what();
    const std::string text = "at most ";
    ASSERT_NE(message.find(text), std::string::npos) << message;
    acquisition.time_step = std::stod(message.substr(message.find(text) + text.size()));
  }
  EXPECT_NEAR(acquisition.time_step, limit, 1e-8);
  acquisition.samples = 3000;
  const auto gathers = shoot(acquisition, velocity, 70, 70);
  EXPECT_LT(*std::max_element(gathers.begin(), gathers.end()), 100.0F);
}

/// A strong contrast and a thin sponge let much leave on one side and come in on the other.
TEST(Propagator, ActiveWindowFollowsWavesAroundTheGrid) {
  for (const std::int64_t sponge : {5, 20, 120}) {
    CellSurvey acquisition = openfwi_cells();
    acquisition.absorbing_cells = sponge;
    std::vector<float> velocity(4900, 4500.0F);
    std::fill_n(velocity.begin() + 60 * 70, 700, 1500.0F);
    const auto expected = shoot(acquisition, velocity, 70, 70, {.active_window = false});
    EXPECT_LT(relative_difference(shoot(acquisition, velocity, 70, 70), expected), 1e-5) << sponge;
  }
}

TEST(Propagator, RefusesBadVelocitiesAndSizes) {
  CellSurvey thin = openfwi_cells();
  thin.absorbing_cells = 2;
  EXPECT_THROW(Propagator(thin.on(3, 70)), UsageError);
  EXPECT_NO_THROW(Propagator(thin.on(4, 70)));
  std::vector<float> velocity(4900, 2000.0F);
  velocity[17] = std::nanf("");
  EXPECT_THROW(shoot(openfwi_cells(), velocity, 70, 70), InputError);
  velocity[17] = 0.0F;
  EXPECT_THROW(shoot(openfwi_cells(), velocity, 70, 70), InputError);
  const Propagator propagator(openfwi_cells().on(70, 70));
  std::vector<float> gathers(10);
  EXPECT_THROW(propagator.forward(std::vector<float>(4900, 2000.0F), 1, gathers), UsageError);
}

}  // namespace
}  // namespace strataform::wave
