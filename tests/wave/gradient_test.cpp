// The adjoint against the Jacobian, the Jacobian against finite differences, and what a gradient costs in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/wave/engine/padded_grid.h"
#include "strataform/wave/propagator.h"
#include "wave/derivative_support.h"

namespace strataform::wave {
namespace {

TEST(Gradient, AgreesWithFiniteDifferencesOfAMisfit) {
  const Propagator propagator(small_survey().on(kRows, kColumns), kWholeGrid);
  const Misfit<double> squares = [](std::int64_t, std::int64_t, std::span<const double> gather,
                                    std::span<double> derivative) {
    std::ranges::copy(gather, derivative.begin());
    return 0.5 * dot(gather, gather);
  };
  const auto velocity = rough_model<double>();
  const auto direction = direction_without_extremes(velocity);
  const auto misfit = [&](double step) {
    const auto misfits = propagator.gradient(moved(velocity, direction, step), 1, squares).misfits;
    return std::accumulate(misfits.begin(), misfits.end(), 0.0);
  };
  constexpr double kStep = 1e-2;
  const double expected = (misfit(kStep) - misfit(-kStep)) / (2 * kStep);
  const double found = dot(propagator.gradient(std::span<const double>(velocity), 1, squares).velocity, direction);
  EXPECT_NEAR(found, expected, 1e-6 * std::abs(expected));
}

TEST(Gradient, IsTheSameHoweverTheWaveIsKeptAndOnAnyNumberOfThreads) {
  const Propagator propagator(small_survey().on(kRows, kColumns));
  const auto velocity = rough_model<float>();
  const auto y = random_values<float>(7, static_cast<std::size_t>(propagator.gather_size()), -1.0, 1.0);
  const Gradient checkpoints = adjoint_of(propagator, velocity, y);
  const Propagator threaded(small_survey().on(kRows, kColumns), {.context = {.threads = 3}});
  const Gradient everything = adjoint_of(threaded, velocity, y, {.storage = WavefieldStorage::kEverything});
  EXPECT_EQ(checkpoints.velocity, everything.velocity);
  EXPECT_EQ(checkpoints.wavelet, everything.wavelet);
  EXPECT_EQ(checkpoints.misfits, everything.misfits);
}

TEST(Gradient, KeepsToItsMemory) {
  const Propagator propagator(small_survey().on(kRows, kColumns), {.context = {.threads = 1}});
  const auto velocity = rough_model<float>();
  const std::vector<float> y(static_cast<std::size_t>(propagator.gather_size()), 1.0F);
  const auto peak = [&](const GradientOptions& options) {
    return adjoint_of(propagator, velocity, y, options).peak_bytes;
  };
  const std::int64_t least = peak({});
  const std::int64_t everything = peak({.storage = WavefieldStorage::kEverything});
  const std::int64_t state = 2 * 4 * (kRows + 2 * 24 + 2 * 8) * (96 + 2 * kHalo);
  EXPECT_LT(least, 60 * state) << "of 300";
  EXPECT_GT(everything, 140 * state);
  EXPECT_LE(peak({.memory_bytes = least}), least);
  EXPECT_THROW((void)peak({.memory_bytes = least - 1}), UsageError);
  EXPECT_NO_THROW(propagator.check_memory({.memory_bytes = least}, 1));
  EXPECT_THROW(propagator.check_memory({.memory_bytes = least - 1}, 1), UsageError);
  EXPECT_THROW((void)peak({.storage = WavefieldStorage::kEverything, .memory_bytes = least}), UsageError);
  for (const WavefieldStorage storage : {WavefieldStorage::kBoundary, WavefieldStorage::kEveryNthStep}) {
    const std::int64_t used = peak({.storage = storage});
    EXPECT_LT(used, everything / 3);
    EXPECT_EQ(peak({.storage = storage, .memory_bytes = used}), used);
    EXPECT_THROW((void)peak({.storage = storage, .memory_bytes = used - 1}), UsageError);
  }
}

/// How far a gradient of squares is from the exact one, in the model without its outermost cells.
double storage_error(const GradientOptions& options, std::int64_t space_order, Absorber absorber, bool free_surface) {
  CellSurvey acquisition = small_survey();
  acquisition.space_order = space_order;
  acquisition.absorber = absorber;
  acquisition.free_surface = free_surface;
  const Propagator propagator(acquisition.on(kRows, kColumns));
  const auto velocity = rough_model<float>();
  std::vector<float> y(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(velocity, 1, y);
  const auto exact = adjoint_of(propagator, velocity, y).velocity;
  const auto found = adjoint_of(propagator, velocity, y, options).velocity;
  double difference = 0.0;
  double squares = 0.0;
  for (std::int64_t row = 1; row < kRows - 1; ++row) {
    for (std::int64_t column = 1; column < kColumns - 1; ++column) {
      const auto cell = static_cast<std::size_t>(row * kColumns + column);
      difference += std::pow(found[cell] - exact[cell], 2.0);
      squares += std::pow(exact[cell], 2.0);
    }
  }
  return std::sqrt(difference / squares);
}

TEST(Gradient, FromTheBoundaryIsExactButForRounding) {
  const GradientOptions boundary{.storage = WavefieldStorage::kBoundary};
  EXPECT_LE(storage_error(boundary, 4, Absorber::kSponge, false), 1e-4);
  EXPECT_LE(storage_error(boundary, 4, Absorber::kPml, false), 1e-4);
  EXPECT_LE(storage_error(boundary, 8, Absorber::kPml, true), 1e-4);
}

TEST(Gradient, FromEveryNthStepIsAnApproximation) {
  const auto error = [](std::int64_t every) {
    return storage_error({.storage = WavefieldStorage::kEveryNthStep, .every = every}, 4, Absorber::kSponge, false);
  };
  EXPECT_EQ(error(1), 0.0);
  EXPECT_GT(error(4), 0.0);
  EXPECT_LE(error(4), 0.01);
  EXPECT_GT(error(16), error(4));
}

TEST(Gradient, RefusesStorageThatDoesNotFit) {
  CellSurvey acquisition = small_survey();
  acquisition.absorbing_cells = 2;
  acquisition.space_order = 8;
  const Propagator propagator(acquisition.on(kRows, kColumns));
  const auto velocity = rough_model<float>();
  const std::vector<float> y(static_cast<std::size_t>(propagator.gather_size()), 1.0F);
  EXPECT_THROW((void)adjoint_of(propagator, velocity, y, {.storage = WavefieldStorage::kBoundary}), UsageError);
  EXPECT_THROW((void)adjoint_of(propagator, velocity, y, {.storage = WavefieldStorage::kEveryNthStep, .every = 0}),
               UsageError);
}

TEST(Gradient, HardlyDependsOnTheActiveWindow) {
  const Propagator windowed(small_survey().on(kRows, kColumns));
  const Propagator whole(small_survey().on(kRows, kColumns), kWholeGrid);
  const auto velocity = rough_model<float>();
  std::vector<float> y(static_cast<std::size_t>(whole.gather_size()));
  whole.forward(velocity, 1, y);
  const auto expected = adjoint_of(whole, velocity, y).velocity;
  auto found = adjoint_of(windowed, velocity, y).velocity;
  for (std::size_t i = 0; i < found.size(); ++i) found[i] -= expected[i];
  EXPECT_LE(norm(found), 1e-4 * norm(expected));
}

TEST(Illumination, MirrorsTheSourcesAndFadesWithDepth) {
  CellSurvey acquisition = surface_cells(kColumns, 2);
  acquisition.absorbing_cells = 24;
  acquisition.samples = 300;
  const Propagator propagator(acquisition.on(kRows, kColumns));
  const std::vector<float> velocity(static_cast<std::size_t>(kRows * kColumns), 2000.0F);
  const std::vector<double> light = propagator.illumination(velocity);
  const auto at = [&](std::int64_t row, std::int64_t column) {
    return light[static_cast<std::size_t>(row * kColumns + column)];
  };
  for (std::int64_t column = 0; column < kColumns; ++column) {
    EXPECT_NEAR(at(10, column), at(10, kColumns - 1 - column), 1e-4 * at(10, column));
    EXPECT_GT(at(5, column), at(20, column));
    EXPECT_GT(at(20, column), at(kRows - 2, column));
  }
}

TEST(Gradient, RefusesSizesThatDoNotFitAndStopsAtBadVelocities) {
  const Propagator propagator(small_survey().on(kRows, kColumns));
  auto velocity = rough_model<float>();
  const std::vector<float> y(static_cast<std::size_t>(propagator.gather_size()), 1.0F);
  velocity[5] = std::nanf("");
  EXPECT_THROW((void)adjoint_of(propagator, velocity, y), InputError);
  velocity.pop_back();
  EXPECT_THROW((void)adjoint_of(propagator, velocity, y), UsageError);
  std::vector<float> gathers(y.size());
  EXPECT_THROW(propagator.born(velocity, velocity, 1, gathers), UsageError);
}

}  // namespace
}  // namespace strataform::wave
