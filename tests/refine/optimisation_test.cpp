// The pieces of a refinement, each against what it should be.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/refine/adam.h"
#include "strataform/refine/fft.h"
#include "strataform/refine/lbfgs.h"
#include "strataform/refine/low_pass.h"
#include "strataform/refine/mask.h"
#include "strataform/refine/misfit.h"
#include "strataform/refine/roughness.h"
#include "strataform/refine/source_estimate.h"
#include "wave/cell_survey.h"

namespace strataform::refine {
namespace {

std::vector<float> noise(std::uint64_t seed, std::size_t count, double scale = 1.0) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.uniform(-scale, scale));
  return values;
}

TEST(Misfit, DerivativesAreThoseOfTheirValues) {
  const auto recorded = noise(1, 60);
  const auto modelled = noise(2, 60);
  for (const Misfit& misfit : misfits()) {
    std::vector<float> derivative(60), unused(60);
    misfit.evaluate(4, modelled, recorded, derivative);
    for (const std::size_t at : {0U, 7U, 33U, 59U}) {
      constexpr float kStep = 1e-2F;
      auto moved = modelled;
      moved[at] += kStep;
      const double above = misfit.evaluate(4, moved, recorded, unused);
      moved[at] -= 2 * kStep;
      const double below = misfit.evaluate(4, moved, recorded, unused);
      EXPECT_NEAR(derivative[at], (above - below) / (2.0 * kStep), 2e-3 * (1.0 + std::abs(derivative[at])))
          << misfit.name;
    }
    EXPECT_NEAR(misfit.evaluate(4, recorded, recorded, unused), 0.0, 1e-6) << misfit.name;
  }
  EXPECT_THROW((void)find_misfit("l3"), UsageError);
}

TEST(Misfit, CrossCorrelationDoesNotSeeAmplitudesNorDeadTraces) {
  auto modelled = noise(3, 40);
  const auto recorded = noise(4, 40);
  std::vector<float> derivative(40);
  const Misfit& misfit = find_misfit("cross-correlation");
  const double before = misfit.evaluate(2, modelled, recorded, derivative);
  for (float& value : modelled) value *= 3.0F;
  EXPECT_NEAR(misfit.evaluate(2, modelled, recorded, derivative), before, 1e-6);
  for (std::size_t i = 0; i < 40; i += 2) modelled[i] = 0.0F;
  EXPECT_TRUE(std::isfinite(misfit.evaluate(2, modelled, recorded, derivative)));
  EXPECT_TRUE(std::ranges::all_of(derivative, [](float value) { return std::isfinite(value); }));
}

TEST(Misfit, EnvelopeDoesNotSeeThePhase) {
  constexpr std::size_t kSamples = 400;
  std::vector<float> cosine(kSamples), sine(kSamples), derivative(kSamples);
  for (std::size_t k = 0; k < kSamples; ++k) {
    const double time = (static_cast<double>(k) - 200.0) / 30.0;
    cosine[k] = static_cast<float>(std::exp(-time * time) * std::cos(12.0 * time));
    sine[k] = static_cast<float>(std::exp(-time * time) * std::sin(12.0 * time));
  }
  const double l2 = find_misfit("l2").evaluate(1, sine, cosine, derivative);
  const Misfit& envelope = find_misfit("envelope");
  EXPECT_LT(envelope.evaluate(1, sine, cosine, derivative), 1e-3 * l2);
  for (float& value : sine) value *= 2.0F;
  EXPECT_GT(envelope.evaluate(1, sine, cosine, derivative), 0.2 * l2) << "it sees amplitudes";
}

TEST(RealFft, IsTheSumThatDefinesItAndItsInverseUndoesIt) {
  RealFft fft(5);
  ASSERT_EQ(fft.size(), 8U);
  Random random(7);
  std::vector<double> values(8);
  for (double& value : values) value = random.normal();
  const std::vector<std::complex<double>> spectrum = fft.forward(values);
  ASSERT_EQ(spectrum.size(), 5U);
  for (std::size_t k = 0; k < 5; ++k) {
    std::complex<double> sum;
    for (std::size_t n = 0; n < 8; ++n) {
      sum += values[n] * std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(k * n) / 8.0);
    }
    EXPECT_LT(std::abs(spectrum[k] - sum), 1e-12);
  }
  const std::vector<double> back = fft.inverse(spectrum);
  for (std::size_t k = 0; k < 8; ++k) EXPECT_LT(std::abs(back[k] - values[k]), 1e-12);
  EXPECT_EQ(fft.forward(std::span(values).first(3)), fft.forward(std::vector{values[0], values[1], values[2], 0.0}));
}

double rosenbrock(const std::vector<double>& x, std::vector<double>& gradient) {
  double sum = 0.0;
  std::ranges::fill(gradient, 0.0);
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double bend = x[i + 1] - x[i] * x[i];
    sum += 100.0 * bend * bend + (1.0 - x[i]) * (1.0 - x[i]);
    gradient[i] += -400.0 * x[i] * bend - 2.0 * (1.0 - x[i]);
    gradient[i + 1] += 200.0 * bend;
  }
  return sum;
}

TEST(Lbfgs, FindsTheMinimumOfACurvedValley) {
  std::vector<double> x{-1.2, 1.0, -0.5, 2.0, 0.3, -1.0};
  const Minimum result = minimise(rosenbrock, x, {.evaluations = 150, .first_step = 0.1});
  EXPECT_LT(result.value, 1e-10);
  for (const double value : x) EXPECT_NEAR(value, 1.0, 1e-4);
  EXPECT_LE(result.evaluations, 150);
}

TEST(Lbfgs, CountsEveryEvaluationAndReturnsTheBestPoint) {
  for (const std::int64_t limit : {1, 2, 3, 7, 20}) {
    std::int64_t calls = 0;
    double best = 1e300;
    const Objective counted = [&](const std::vector<double>& x, std::vector<double>& gradient) {
      ++calls;
      const double value = rosenbrock(x, gradient);
      best = std::min(best, value);
      return value;
    };
    std::vector<double> x{-1.2, 1.0};
    const Minimum result = minimise(counted, x, {.evaluations = limit, .first_step = 0.1});
    EXPECT_EQ(result.evaluations, calls);
    EXPECT_LE(calls, limit);
    EXPECT_DOUBLE_EQ(result.value, best);
    std::vector<double> gradient(2);
    EXPECT_DOUBLE_EQ(rosenbrock(x, gradient), best);
  }
}

TEST(Lbfgs, GoesAroundValuesThatAreNotFiniteAndStopsWhenTold) {
  const Objective walled = [](const std::vector<double>& x, std::vector<double>& gradient) {
    gradient[0] = 2.0 * (x[0] - 3.0);
    return x[0] > 3.5 ? std::nan("") : (x[0] - 3.0) * (x[0] - 3.0);
  };
  std::vector<double> x{0.0};
  EXPECT_LT(minimise(walled, x, {.evaluations = 40, .first_step = 10.0}).value, 1e-6);
  x = {0.0};
  LbfgsOptions options{.evaluations = 40, .first_step = 0.01};
  options.after_evaluation = [](double, bool) { return true; };
  const Minimum stopped = minimise(walled, x, options);
  EXPECT_EQ(stopped.evaluations, 1);
  EXPECT_EQ(stopped.ending, Ending::kCallback);
}

TEST(Lbfgs, SaysWhyItEnded) {
  std::vector<double> x{-1.2, 1.0};
  EXPECT_EQ(minimise(rosenbrock, x, {.evaluations = 5, .first_step = 0.1}).ending, Ending::kEvaluations);
  EXPECT_EQ(minimise(rosenbrock, x, {.evaluations = 500, .first_step = 0.1}).ending, Ending::kNoDescent);
  const Objective broken = [&](const std::vector<double>& at, std::vector<double>& gradient) {
    const double value = rosenbrock(at, gradient);
    return at[0] == -1.2 ? value : std::nan("");
  };
  x = {-1.2, 1.0};
  EXPECT_EQ(minimise(broken, x, {.evaluations = 500, .first_step = 0.1}).ending, Ending::kDiverged);
  EXPECT_EQ(x[0], -1.2) << "the best point";
}

TEST(Adam, WalksDownACurvedValley) {
  std::vector<double> x{-1.2, 1.0, -0.5, 2.0};
  const Minimum result = minimise(rosenbrock, x, AdamOptions{.evaluations = 600, .learning_rate = 0.1});
  std::vector<double> gradient(4);
  EXPECT_LT(result.value, 1e-3 * rosenbrock({-1.2, 1.0, -0.5, 2.0}, gradient));
  EXPECT_EQ(result.evaluations, 600);
  EXPECT_EQ(result.ending, Ending::kEvaluations);
  EXPECT_DOUBLE_EQ(rosenbrock(x, gradient), result.value) << "the best point";
}

TEST(Adam, FirstStepIsTheLearningRateAndTheLastIsNone) {
  std::vector<double> visited;
  const Objective slope = [&](const std::vector<double>& x, std::vector<double>& gradient) {
    visited.push_back(x[0]);
    gradient[0] = 4.0;
    return 100.0 + 4.0 * x[0];
  };
  std::vector<double> x{0.0};
  minimise(slope, x, AdamOptions{.evaluations = 50, .learning_rate = 0.5});
  EXPECT_NEAR(visited[1] - visited[0], -0.5, 1e-9);
  EXPECT_NEAR(visited[49] - visited[48], 0.0, 2e-3);
  visited.clear();
  x = {0.0};
  minimise(slope, x, AdamOptions{.evaluations = 5, .learning_rate = 0.5, .decay = Decay::kConstant});
  EXPECT_NEAR(visited[4] - visited[3], -0.5, 1e-9);
}

TEST(Adam, StopsWhereItDiverges) {
  const Objective steep = [](const std::vector<double>& x, std::vector<double>& gradient) {
    gradient[0] = 2.0 * x[0];
    return x[0] * x[0];
  };
  std::vector<double> x{1.0};
  const Minimum result = minimise(steep, x, AdamOptions{.evaluations = 100, .learning_rate = 10.0});
  EXPECT_EQ(result.ending, Ending::kDiverged);
  EXPECT_LT(result.evaluations, 5);
  EXPECT_EQ(x[0], 1.0) << "the best point";
}

TEST(LowPass, LetsLowFrequenciesThroughAndDampsHighOnes) {
  constexpr double kTimeStep = 1e-3;
  const auto gain = [](double frequency) {
    std::vector<double> wave(4000);
    for (std::size_t i = 0; i < wave.size(); ++i) {
      wave[i] = std::sin(2.0 * std::numbers::pi * frequency * kTimeStep * static_cast<double>(i));
    }
    low_pass(10.0, kTimeStep, 1, std::span(wave));
    return *std::max_element(wave.begin() + 3000, wave.end());
  };
  EXPECT_NEAR(gain(2.0), 1.0, 0.01);
  EXPECT_NEAR(gain(10.0), std::sqrt(0.5), 0.01);
  EXPECT_NEAR(gain(20.0), std::pow(2.0, -8.0), 5e-4);
  std::vector<float> values(10);
  EXPECT_THROW(low_pass(500.0, kTimeStep, 1, std::span(values)), UsageError);
}

TEST(Roughness, DerivativesAreThoseOfItsValue) {
  const auto first = noise(5, 30, 100.0);
  for (const RoughnessKind kind : {RoughnessKind::kTotalVariation, RoughnessKind::kTikhonov}) {
    const Roughness roughness(kind, 5, 6, first);
    std::vector<double> gradient(30, 0.0);
    EXPECT_NEAR(roughness.add(first, 2.0, gradient), 2.0, 1e-9) << "a share of what the first model has";
    for (const std::size_t at : {0U, 8U, 17U, 24U}) {
      auto moved = first;
      std::vector<double> unused(30);
      moved[at] += 0.1F;
      const double above = roughness.add(moved, 2.0, unused);
      moved[at] -= 0.2F;
      const double below = roughness.add(moved, 2.0, unused);
      EXPECT_NEAR(gradient[at], (above - below) / 0.2, 1e-5);
    }
  }
}

TEST(Roughness, TikhonovAloneMindsOneStepMoreThanManySmallOnes) {
  std::vector<float> ramp, step;
  for (int row = 0; row < 6; ++row) {
    for (int column = 0; column < 6; ++column) {
      ramp.push_back(2000.0F + 100.0F * static_cast<float>(column));
      step.push_back(column < 3 ? 2000.0F : 2500.0F);
    }
  }
  std::vector<double> unused(36);
  EXPECT_NEAR(Roughness(RoughnessKind::kTotalVariation, 6, 6, ramp).add(step, 1.0, unused), 1.0, 0.1);
  EXPECT_NEAR(Roughness(RoughnessKind::kTikhonov, 6, 6, ramp).add(step, 1.0, unused), 5.0, 1e-9);
}

TEST(Mask, HoldsCellsAroundPositionsAndLetsGoSmoothly) {
  wave::CellSurvey acquisition;
  acquisition.sources = {{1, 10}};
  acquisition.receivers = {{1, 11}};
  const std::vector<double> mask = source_receiver_mask(acquisition.on(12, 30), 2.0);
  const auto at = [&](std::size_t row, std::size_t column) { return mask[row * 30 + column]; };
  EXPECT_EQ(at(1, 10), 0.0);
  EXPECT_EQ(at(3, 10), 0.0);
  EXPECT_EQ(at(1, 13), 0.0);
  EXPECT_NEAR(at(4, 10), 0.5, 1e-12);
  EXPECT_EQ(at(5, 10), 1.0);
  EXPECT_EQ(at(1, 20), 1.0);
  EXPECT_EQ(source_receiver_mask(acquisition.on(12, 30), 0.0), std::vector<double>(12 * 30, 1.0)) << "off";
}

TEST(SourceEstimate, ScaledMisfitHasTheDerivativesOfItsValue) {
  const auto recorded = noise(8, 60);
  auto modelled = noise(9, 60);
  for (std::size_t i = 0; i < 60; ++i) modelled[i] = 0.3F * recorded[i] + 0.1F * modelled[i];
  for (const Misfit& misfit : misfits()) {
    std::vector<float> derivative(60), unused(60);
    const double here = scaled_misfit(misfit, 4, modelled, recorded, derivative);
    for (const std::size_t at : {0U, 7U, 33U, 59U}) {
      constexpr float kStep = 2e-3F;
      auto moved = modelled;
      moved[at] += kStep;
      const double above = scaled_misfit(misfit, 4, moved, recorded, unused);
      moved[at] -= 2 * kStep;
      const double below = scaled_misfit(misfit, 4, moved, recorded, unused);
      EXPECT_NEAR(derivative[at], (above - below) / (2.0 * kStep), 1e-2 * (1.0 + std::abs(derivative[at])))
          << misfit.name;
    }
    for (float& value : modelled) value *= 2.0F;
    EXPECT_NEAR(scaled_misfit(misfit, 4, modelled, recorded, unused), here, 1e-4 * here) << misfit.name;
    for (float& value : modelled) value *= 0.5F;
  }
}

}  // namespace
}  // namespace strataform::refine
