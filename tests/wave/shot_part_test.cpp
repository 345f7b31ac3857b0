// Each shot in its own part of a larger model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "strataform/wave/propagator.h"
#include "support/relative_difference.h"
#include "wave/derivative_support.h"

namespace strataform::wave {
namespace {

constexpr std::int64_t kDeep = 40;

/// A line of `columns` cells with shots `apart` cells from one another, each with a streamer of receivers behind it.
survey::Modelling line(std::int64_t columns, std::int64_t shots, std::int64_t apart, std::int64_t samples) {
  survey::Modelling modelling = small_survey().on(kDeep, columns);
  modelling.survey.samples = samples;
  modelling.survey.shots.clear();
  for (std::int64_t shot = 0; shot < shots; ++shot) {
    const double column = 20.0 + static_cast<double>(shot * apart);
    survey::Shot& end_on = modelling.survey.shots.emplace_back(survey::Shot{modelling.grid.at(1.0, column + 30.0), {}});
    for (double offset = 0.0; offset < 28.0; offset += 2.0) {
      end_on.receivers.push_back(modelling.grid.at(1.0, column + offset));
    }
  }
  return modelling;
}

/// Rough, and faster and slower at its far end than anywhere else: the absorber depends on that.
template <class Real>
std::vector<Real> line_model(std::int64_t columns) {
  auto velocity = random_values<Real>(11, static_cast<std::size_t>(kDeep * columns), 1900.0, 3000.0);
  velocity[static_cast<std::size_t>(columns) - 2] = Real(1500);
  velocity[static_cast<std::size_t>(columns) - 3] = Real(3400);
  return velocity;
}

std::vector<float> gathers_of(const Propagator& propagator, const std::vector<float>& velocity) {
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(velocity, 1, gathers);
  return gathers;
}

/// Gradient of half the sum of squares.
std::vector<double> gradient_of(const Propagator& propagator, const std::vector<float>& velocity) {
  const Misfit<float> squares = [](std::int64_t, std::int64_t, std::span<const float> gather,
                                   std::span<float> derivative) {
    std::ranges::copy(gather, derivative.begin());
    return 0.5 * dot(gather, gather);
  };
  return propagator.gradient(velocity, 1, squares).velocity;
}

constexpr std::int64_t kLine = 400;

TEST(ShotPart, IsExactWithinTheActiveWindowsTolerance) {
  for (const auto absorber : {Absorber::kSponge, Absorber::kPml}) {
    survey::Modelling modelling = line(kLine, 4, 90, 300);
    modelling.scheme.absorber = absorber;
    const Propagator parts(modelling);
    const Propagator whole(modelling, kWholeGrid);
    ASSERT_LT(parts.padded_cells(1, 3400.0), whole.padded_cells(1, 3400.0) * 2 / 3);
    const auto velocity = line_model<float>(kLine);
    EXPECT_LE(test::relative_difference(gathers_of(parts, velocity), gathers_of(whole, velocity)), 1e-5);
    EXPECT_LE(test::relative_difference(gradient_of(parts, velocity), gradient_of(whole, velocity)), 1e-4);
  }
}

TEST(ShotPart, HasABornOperatorAndAnIlluminationThatAreThoseOfTheWhole) {
  const survey::Modelling modelling = line(kLine, 2, 150, 300);
  const Propagator parts(modelling);
  const Propagator whole(modelling, kWholeGrid);
  const auto velocity = line_model<float>(kLine);
  const auto change = random_values<float>(12, velocity.size(), -1.0, 1.0);
  std::vector<float> found(static_cast<std::size_t>(parts.gather_size()));
  std::vector<float> expected = found;
  parts.born(velocity, change, 1, found);
  whole.born(velocity, change, 1, expected);
  EXPECT_LE(test::relative_difference(found, expected), 1e-4);
  // What no receiver can see is left out of the light; at a part's edges there is what their padding sends back.
  const std::vector<double> seen = parts.illumination(velocity);
  const std::vector<double> light = whole.illumination(velocity);
  double more = 0.0;
  for (std::size_t cell = 0; cell < light.size(); ++cell) more += std::max(0.0, seen[cell] - light[cell]);
  EXPECT_LE(more, 0.01 * std::reduce(light.begin(), light.end()));
}

/// With an aperture of its own the derivatives are those of what is modelled then.
TEST(ShotPart, WithAnApertureHasAnExactAdjoint) {
  survey::Modelling modelling = line(kLine, 3, 100, 400);
  modelling.scheme.aperture = 350.0;
  const Propagator propagator(modelling, kWholeGrid);
  ASSERT_LT(propagator.padded_cells(1, 3400.0), (2 * 36 + 30 + 2 * 24) * (kDeep + 2 * 24));
  EXPECT_LE(velocity_dot_test(propagator, line_model<double>(kLine)), 1e-12);
}

TEST(ShotPart, IsTheWholeModelForOpenfwisSurvey) {
  const Propagator propagator(survey::openfwi());
  EXPECT_EQ(propagator.padded_cells(0, 1500.0), 310 * 310);
}

/// 75 shots 120 m apart with streamers of 2.4 km, over 300 x 940 cells and over twice as many: neither the cells of a
/// shot nor the bytes of its gradient depend on the line's length.
TEST(ShotPart, DoesNotGrowWithTheLine) {
  const auto marine = [](std::int64_t columns) {
    survey::Modelling modelling = survey::openfwi({.nz = 300, .nx = columns});
    modelling.survey.samples = 8;
    modelling.scheme.absorber = Absorber::kPml;
    modelling.scheme.absorbing_cells = 20;
    modelling.scheme.free_surface = true;
    modelling.scheme.aperture = 1000.0;
    modelling.survey.shots.clear();
    for (std::int64_t shot = 0; shot < 75; ++shot) {
      const double x = 120.0 * static_cast<double>(shot) + 10.0;
      survey::Shot& streamer = modelling.survey.shots.emplace_back(survey::Shot{{x, 10.0}, {}});
      for (std::int64_t receiver = 0; receiver < 96; ++receiver) {
        const double behind = x - 125.0 - 25.0 * static_cast<double>(receiver);
        if (behind >= 0.0) streamer.receivers.push_back({behind, 10.0});
      }
      if (streamer.receivers.empty()) streamer.receivers.push_back({x, 10.0});
    }
    return modelling;
  };
  const Propagator line(marine(940), {.context = {.threads = 1}});
  const Propagator longer(marine(1880), {.context = {.threads = 1}});
  const std::int64_t most = (2500 + 2 * 1000 + 50) / 10 + 2 * 20;
  for (std::int64_t shot = 0; shot < line.shots(); ++shot) {
    EXPECT_LE(line.padded_cells(shot, 4700.0), most * 320) << shot;
    if (shot < 60) {
      EXPECT_EQ(line.padded_cells(shot, 4700.0), longer.padded_cells(shot, 4700.0)) << shot;
    }
  }
  const auto bytes = [](const Propagator& propagator, std::int64_t columns) {
    const std::vector<float> velocity(static_cast<std::size_t>(300 * columns), 3000.0F);
    const Misfit<float> none = [](std::int64_t, std::int64_t, std::span<const float>, std::span<float>) { return 0.0; };
    return propagator.gradient(velocity, 1, none).peak_bytes;
  };
  EXPECT_EQ(bytes(line, 940), bytes(longer, 1880));
}

}  // namespace
}  // namespace strataform::wave
