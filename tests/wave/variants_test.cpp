// What holds for OpenFWI's scheme holds for every absorber, order and surface, and for positions off the grid.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "strataform/core/error.h"
#include "support/relative_difference.h"
#include "wave/variants.h"

namespace strataform::wave {
namespace {

class EveryVariant : public testing::TestWithParam<Variant> {};

TEST_P(EveryVariant, HasAnExactAdjoint) {
  const CellSurvey acquisition = survey_of(GetParam());
  EXPECT_LE(velocity_dot_test<double>(acquisition), 1e-12);
  EXPECT_LE(velocity_dot_test<float>(acquisition), 1e-5);
  EXPECT_LE(wavelet_dot_test<double>(acquisition), 1e-12);
  EXPECT_LE(wavelet_dot_test<float>(acquisition), 1e-5);
}

TEST_P(EveryVariant, HasABornOperatorThatIsTheDerivative) {
  const Propagator propagator(survey_of(GetParam()).on(kRows, kColumns));
  const auto velocity = rough_model<double>();
  const auto direction = direction_without_extremes(velocity);
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

TEST_P(EveryVariant, StaysWithinBoundsAtItsLargestTimeStep) {
  CellSurvey acquisition = survey_of(GetParam());
  const auto velocity = rough_model<float>();
  const auto [slowest, fastest] = std::ranges::minmax(velocity);
  acquisition.samples = 4000;
  const auto largest_sample = [&](double time_step) {
    acquisition.time_step = time_step;
    const Propagator propagator(acquisition.on(kRows, kColumns));
    std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
    propagator.forward(velocity, 1, gathers);
    float largest = 0.0F;
    for (const float value : gathers) largest = std::max(largest, std::abs(value));
    return largest;
  };
  const double limit = largest_time_step(acquisition.on(70, 70), slowest, fastest);
  EXPECT_LT(largest_sample(0.9999 * limit), 2.0F * largest_sample(0.5 * limit));
  EXPECT_THROW((void)largest_sample(1.0001 * limit), NumericalError);
}

TEST_P(EveryVariant, HardlyDependsOnTheActiveWindow) {
  const Propagator windowed(survey_of(GetParam()).on(kRows, kColumns));
  const Propagator whole(survey_of(GetParam()).on(kRows, kColumns), kWholeGrid);
  const auto velocity = rough_model<float>();
  std::vector<float> expected(static_cast<std::size_t>(whole.gather_size()));
  std::vector<float> found = expected;
  whole.forward(velocity, 1, expected);
  windowed.forward(velocity, 1, found);
  EXPECT_LE(test::relative_difference(found, expected), 1e-5);
  const auto derivative = adjoint_of(whole, velocity, expected).velocity;
  auto difference = adjoint_of(windowed, velocity, expected).velocity;
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= derivative[i];
  EXPECT_LE(norm(difference), 1e-4 * norm(derivative));
}

INSTANTIATE_TEST_SUITE_P(Wave, EveryVariant, testing::ValuesIn(variants()),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace strataform::wave
