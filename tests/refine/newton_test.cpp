// The Gauss-Newton matrix against the Born operator, and the steps that it gives.
#include "strataform/refine/newton.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "refine/lens.h"
#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/refine/gauss_newton.h"
#include "strataform/refine/low_pass.h"
#include "strataform/refine/refine.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/wavelet.h"
#include "wave/cell_survey.h"

namespace strataform::refine {
namespace {

constexpr std::int64_t kSide = 24;

/// Fewer receivers than the matrix may have, so that none stands for others.
survey::Modelling low_passed(double cutoff) {
  wave::CellSurvey acquisition = wave::surface_cells(kSide, 3);
  acquisition.receivers.clear();
  for (std::int64_t k = 0; k < 6; ++k) acquisition.receivers.push_back({1.0, 1.0 + 4.0 * static_cast<double>(k)});
  acquisition.absorbing_cells = 20;
  acquisition.absorber = survey::Absorber::kPml;
  acquisition.samples = 350;
  acquisition.wavelet = wave::ricker(acquisition.frequency, acquisition.time_step);
  acquisition.wavelet.resize(350, 0.0);
  if (cutoff > 0.0) low_pass(cutoff, acquisition.time_step, 1, std::span(acquisition.wavelet));
  return acquisition.on(kSide, kSide);
}

std::vector<float> layers(float jump) {
  std::vector<float> velocity;
  for (std::int64_t row = 0; row < kSide; ++row) {
    velocity.insert(velocity.end(), kSide, row < kSide / 2 ? 2000.0F : 2000.0F + jump);
  }
  return velocity;
}

TEST(GaussNewton, CurvatureIsTheEnergyOfTheBornOperator) {
  const std::vector<float> velocity = layers(300.0F);
  for (const double cutoff : {0.0, 8.0}) {
    const survey::Modelling modelling = low_passed(cutoff);
    const GaussNewton matrix(velocity, modelling);
    const wave::Propagator propagator(modelling);
    Random random(7);
    for (const double spread : {0.0, 1.0}) {
      // The same change everywhere, edges and all, and a random one.
      std::vector<float> change(velocity.size());
      for (float& value : change) value = static_cast<float>(1.0 + spread * random.uniform(-20.0, 20.0));
      std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
      propagator.born(velocity, change, 1, gathers);
      double energy = 0.0;
      for (const float value : gathers) energy += static_cast<double>(value) * value;
      const std::vector<double> same(change.begin(), change.end());
      EXPECT_NEAR(matrix.curvature(same) / energy, 1.0, 0.03) << "below " << cutoff << " Hz";
    }
  }
}

TEST(GaussNewton, StepOfAQuadraticIsWhatItsMatrixPromises) {
  const std::vector<float> velocity = layers(300.0F);
  GaussNewton matrix(velocity, low_passed(8.0));
  const std::vector<double> some(velocity.size(), 1.0);
  const double scale = 1.0 / matrix.curvature(some);
  matrix.set(scale);
  std::vector<double> gradient;
  Random random(3);
  for (std::size_t k = 0; k < velocity.size(); ++k) gradient.push_back(random.uniform(-1e-4, 1e-4));
  const auto size_of = [](const std::vector<double>& step) {
    double sum = 0.0;
    for (const double value : step) sum += value * value;
    return std::sqrt(sum);
  };
  double smaller = std::numeric_limits<double>::infinity();
  for (const double damping : {0.01, 1.0, 100.0}) {
    const std::vector<double> step = matrix.solve(gradient, damping);
    double slope = 0.0;
    for (std::size_t k = 0; k < step.size(); ++k) slope += gradient[k] * step[k];
    EXPECT_LT(slope, 0.0);
    // The minimum of slope t + bend t^2 / 2 lies at t = 1 or, as damping bends, too, beyond.
    EXPECT_LE(scale * matrix.curvature(step), -slope * (1.0 + 1e-6));
    EXPECT_LT(size_of(step), smaller);
    smaller = size_of(step);
  }
}

TEST(GaussNewton, CostIsThatOfItsWaves) {
  EXPECT_EQ(GaussNewton::cost(survey::openfwi().survey), 2);  // 5 + 14 waves, 10 in a gradient
  EXPECT_EQ(GaussNewton::cost(low_passed(0.0).survey), 2);    // 3 + 6 waves, 6 in a gradient
}

/// x^4 / 4 + (y - x)^2 / 2, whose minimum is at 0, with the matrix of its second derivatives.
double valley(const std::vector<double>& x, std::vector<double>& gradient) {
  gradient = {x[0] * x[0] * x[0] - (x[1] - x[0]), x[1] - x[0]};
  return 0.25 * std::pow(x[0], 4.0) + 0.5 * (x[1] - x[0]) * (x[1] - x[0]);
}

NewtonStep matrix_of_valley(const std::vector<double>& x) {
  const double bend = 3.0 * x[0] * x[0] + 1.0;
  return [bend](const std::vector<double>& gradient, double damping) -> std::vector<double> {
    const double a = bend + damping;
    const double c = 1.0 + damping;
    const double determinant = a * c - 1.0;
    return {-(c * gradient[0] + gradient[1]) / determinant, -(gradient[0] + a * gradient[1]) / determinant};
  };
}

TEST(Newton, FindsAMinimumWithinBoundsAndCountsMatrices) {
  std::vector<double> x{3.0, -2.0};
  std::int64_t calls = 0;
  const Minimum minimum =
      minimise(valley, x, matrix_of_valley,
               NewtonOptions{.evaluations = 60,
                             .matrix_cost = 2,
                             .lowest = -5.0,
                             .highest = 5.0,
                             .after_evaluation = [&](double /*value*/, bool /*is_best*/) { return ++calls == 1000; }});
  EXPECT_NEAR(x[0], 0.0, 0.05);
  EXPECT_NEAR(x[1], 0.0, 0.05);
  EXPECT_LE(minimum.evaluations, 60);
  EXPECT_GT(minimum.evaluations, calls) << "matrices count, too";

  x = {3.0, 2.0};
  minimise(valley, x, matrix_of_valley, NewtonOptions{.evaluations = 40, .lowest = 1.0, .highest = 5.0});
  EXPECT_NEAR(x[0], 1.0, 1e-6);
  EXPECT_NEAR(x[1], 1.0, 1e-6);
}

TEST(Newton, SaysWhyItEnded) {
  const NewtonOptions options{.evaluations = 30, .least_progress = 0.5, .lowest = -5.0, .highest = 5.0};
  std::vector<double> x{0.0, 0.0};
  EXPECT_EQ(minimise(valley, x, matrix_of_valley, options).ending, Ending::kNoDescent);
  x = {1.0, 0.0};
  const Objective nowhere = [](const std::vector<double>& /*x*/, std::vector<double>& gradient) {
    gradient = {0.0, 0.0};
    return std::numeric_limits<double>::infinity();
  };
  EXPECT_EQ(minimise(nowhere, x, matrix_of_valley, options).ending, Ending::kDiverged);
  NewtonOptions stopped = options;
  stopped.after_evaluation = [](double /*value*/, bool /*is_best*/) { return true; };
  const Minimum minimum = minimise(valley, x, matrix_of_valley, stopped);
  EXPECT_EQ(minimum.ending, Ending::kCallback);
  EXPECT_EQ(minimum.evaluations, 1);
}

TEST(Newton, RefinesInBandsOfLowFrequencies) {
  const survey::Modelling modelling = low_passed(0.0);
  const std::vector<float> initial = layers(0.0F);
  const std::vector<float> truth =
      with_lens(initial, kSide, {.row = 10, .column = 12, .width = 30.0, .faster = 300.0F});
  const wave::Propagator propagator(modelling);
  std::vector<float> recorded(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(truth, 1, recorded);
  RefineOptions options;
  options.optimizer = Optimizer::kNewton;
  options.frequencies = {10.0};
  options.gradients = 12;
  options.fastest = 4500.0;
  const RefinedModel refined = refine(initial, recorded, modelling, options);
  EXPECT_LT(refined.last_misfit, 0.2 * refined.first_misfit);
  EXPECT_LE(refined.gradients, 12);
  options.misfit = "l1";
  EXPECT_THROW(refine(initial, recorded, modelling, options), UsageError);
}

}  // namespace
}  // namespace strataform::refine
