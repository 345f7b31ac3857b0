// The adjoint against the Jacobian, the Jacobian against finite differences, and what a gradient costs in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/core/random.h"
#include "strataform/wave/propagator.h"

namespace strataform::wave {
namespace {

constexpr std::int64_t kRows = 40;
constexpr std::int64_t kColumns = 44;
constexpr PropagatorOptions kWholeGrid{.active_window = false, .kernel = nullptr};

Acquisition small_survey() {
  Acquisition acquisition = surface_acquisition(kColumns, 3);
  acquisition.absorbing_cells = 24;
  acquisition.samples = 300;
  acquisition.receivers.push_back({30, 11});
  return acquisition;
}

template <class Real>
std::vector<Real> random_values(std::uint64_t seed, std::size_t count, double low, double high) {
  Random random(seed);
  std::vector<Real> values(count);
  for (Real& value : values) value = static_cast<Real>(random.uniform(low, high));
  return values;
}

/// Velocities between 1600 and 3900 m/s with structure at every wavelength.
template <class Real>
std::vector<Real> rough_model() {
  auto velocity = random_values<Real>(1, static_cast<std::size_t>(kRows * kColumns), 1600.0, 2400.0);
  for (std::size_t cell = 0; cell < velocity.size() / 2; ++cell) velocity[velocity.size() - 1 - cell] += Real(1500);
  return velocity;
}

template <class A, class B>
double dot(const A& a, const B& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

template <class A>
double norm(const A& a) {
  return std::sqrt(dot(a, a));
}

/// J^T y, for gathers y.
template <class Real>
Gradient adjoint_of(const Propagator& propagator, const std::vector<Real>& velocity, const std::vector<Real>& y,
                    const GradientOptions& options = {}) {
  const Misfit<Real> misfit = [&](std::int64_t /*model*/, std::int64_t shot, std::span<const Real> gather,
                                  std::span<Real> derivative) {
    std::copy_n(y.begin() + shot * std::ssize(gather), gather.size(), derivative.begin());
    return dot(gather, derivative);
  };
  return propagator.gradient(std::span<const Real>(velocity), 1, misfit, options);
}

template <class Real>
double velocity_dot_test() {
  const Propagator propagator(kRows, kColumns, small_survey(), kWholeGrid);
  const auto velocity = rough_model<Real>();
  const auto x = random_values<Real>(2, velocity.size(), -1.0, 1.0);
  const auto y = random_values<Real>(3, static_cast<std::size_t>(propagator.gather_size()), -1.0, 1.0);
  std::vector<Real> jx(y.size());
  propagator.born(velocity, x, 1, jx);
  return std::abs(dot(jx, y) - dot(x, adjoint_of(propagator, velocity, y).velocity)) / (norm(jx) * norm(y));
}

TEST(Gradient, OfVelocityIsTheAdjointOfTheBornOperator) {
  EXPECT_LE(velocity_dot_test<double>(), 1e-12);
  EXPECT_LE(velocity_dot_test<float>(), 1e-5);
}

/// The gathers are linear in the wavelet: the Jacobian is the modelling itself.
template <class Real>
double wavelet_dot_test() {
  Acquisition acquisition = small_survey();
  acquisition.wavelet = random_values<double>(4, static_cast<std::size_t>(acquisition.samples), -1.0, 1.0);
  const Propagator propagator(kRows, kColumns, acquisition, kWholeGrid);
  const auto velocity = rough_model<Real>();
  const auto y = random_values<Real>(5, static_cast<std::size_t>(propagator.gather_size()), -1.0, 1.0);
  std::vector<Real> jx(y.size());
  propagator.forward(velocity, 1, jx);
  const Gradient gradient = adjoint_of(propagator, velocity, y);
  double adjoint_side = 0.0;
  for (std::size_t i = 0; i < gradient.wavelet.size(); ++i) {
    adjoint_side += gradient.wavelet[i] * acquisition.wavelet[i % acquisition.wavelet.size()];
  }
  return std::abs(dot(jx, y) - adjoint_side) / (norm(jx) * norm(y));
}

TEST(Gradient, OfTheWaveletIsTheAdjointOfModelling) {
  EXPECT_LE(wavelet_dot_test<double>(), 1e-12);
  EXPECT_LE(wavelet_dot_test<float>(), 1e-5);
}

/// Everywhere but at the slowest cell, on which the sponge depends.
std::vector<double> direction_without_slowest(const std::vector<double>& velocity) {
  auto direction = random_values<double>(6, velocity.size(), -1.0, 1.0);
  direction[static_cast<std::size_t>(std::ranges::min_element(velocity) - velocity.begin())] = 0.0;
  return direction;
}

std::vector<double> moved(const std::vector<double>& velocity, const std::vector<double>& direction, double step) {
  std::vector<double> result = velocity;
  for (std::size_t i = 0; i < result.size(); ++i) result[i] += step * direction[i];
  return result;
}

TEST(Born, IsTheDerivativeOfTheGathers) {
  const Propagator propagator(kRows, kColumns, small_survey());
  const auto velocity = rough_model<double>();
  const auto direction = direction_without_slowest(velocity);
  std::vector<double> above(static_cast<std::size_t>(propagator.gather_size()));
  std::vector<double> below = above;
  std::vector<double> born = above;
  constexpr double kStep = 1e-2;
  propagator.forward(moved(velocity, direction, kStep), 1, above);
  propagator.forward(moved(velocity, direction, -kStep), 1, below);
  propagator.born(velocity, direction, 1, born);
  for (std::size_t i = 0; i < born.size(); ++i) above[i] = (above[i] - below[i]) / (2 * kStep) - born[i];
  EXPECT_LE(norm(above), 1e-6 * norm(born));
}

TEST(Gradient, AgreesWithFiniteDifferencesOfAMisfit) {
  const Propagator propagator(kRows, kColumns, small_survey(), kWholeGrid);
  const Misfit<double> squares = [](std::int64_t, std::int64_t, std::span<const double> gather,
                                    std::span<double> derivative) {
    std::ranges::copy(gather, derivative.begin());
    return 0.5 * dot(gather, gather);
  };
  const auto velocity = rough_model<double>();
  const auto direction = direction_without_slowest(velocity);
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
  const Propagator propagator(kRows, kColumns, small_survey());
  const auto velocity = rough_model<float>();
  const auto y = random_values<float>(7, static_cast<std::size_t>(propagator.gather_size()), -1.0, 1.0);
  const Gradient checkpoints = adjoint_of(propagator, velocity, y);
  set_thread_count(3);
  const Gradient everything = adjoint_of(propagator, velocity, y, {.storage = WavefieldStorage::kEverything});
  set_thread_count(0);
  EXPECT_EQ(checkpoints.velocity, everything.velocity);
  EXPECT_EQ(checkpoints.wavelet, everything.wavelet);
  EXPECT_EQ(checkpoints.misfits, everything.misfits);
}

TEST(Gradient, KeepsToItsMemory) {
  set_thread_count(1);
  const Propagator propagator(kRows, kColumns, small_survey());
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
  EXPECT_THROW((void)peak({.storage = WavefieldStorage::kEverything, .memory_bytes = least}), UsageError);
  set_thread_count(0);
}

TEST(Gradient, HardlyDependsOnTheActiveWindow) {
  const Propagator windowed(kRows, kColumns, small_survey());
  const Propagator whole(kRows, kColumns, small_survey(), kWholeGrid);
  const auto velocity = rough_model<float>();
  std::vector<float> y(static_cast<std::size_t>(whole.gather_size()));
  whole.forward(velocity, 1, y);
  const auto expected = adjoint_of(whole, velocity, y).velocity;
  auto found = adjoint_of(windowed, velocity, y).velocity;
  for (std::size_t i = 0; i < found.size(); ++i) found[i] -= expected[i];
  EXPECT_LE(norm(found), 1e-4 * norm(expected));
}

TEST(Illumination, MirrorsTheSourcesAndFadesWithDepth) {
  Acquisition acquisition = surface_acquisition(kColumns, 2);
  acquisition.absorbing_cells = 24;
  acquisition.samples = 300;
  const Propagator propagator(kRows, kColumns, acquisition);
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
  const Propagator propagator(kRows, kColumns, small_survey());
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
