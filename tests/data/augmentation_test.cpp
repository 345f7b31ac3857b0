#include "strataform/data/augmentation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "strataform/data/input_spec.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"
#include "support/relative_difference.h"

namespace strataform::data {
namespace {

using test::relative_difference;

constexpr GatherShape kShape{5, 1000, 70};

double energy(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum;
}

/// Gathers over three layers, as means of `decimation` samples.
std::vector<float> modelled(double frequency, std::int64_t decimation) {
  std::vector<float> map;
  for (const float velocity : {2000.0F, 2600.0F, 3400.0F}) map.insert(map.end(), std::size_t{1680}, velocity);
  map.resize(4900, 3400.0F);
  survey::Modelling modelling = survey::openfwi();
  modelling.source.peak_frequency = frequency;
  const wave::Propagator propagator(modelling);
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(map, 1, gathers);
  std::vector<float> means(gathers.size() / static_cast<std::size_t>(decimation));
  block_means(kShape, gathers, decimation, /*replace_last=*/true, means);
  return means;
}

GatherShape decimated(std::int64_t decimation) {
  return {kShape.shots, kShape.samples / decimation, kShape.receivers, decimation};
}

std::int64_t muted_traces(std::span<const float> gathers, const GatherShape& shape) {
  std::int64_t muted = 0;
  for (std::int64_t trace = 0; trace < shape.shots * shape.receivers; ++trace) {
    const std::int64_t first = trace / shape.receivers * shape.samples * shape.receivers + trace % shape.receivers;
    std::int64_t zeros = 0;
    for (std::int64_t sample = 0; sample < shape.samples; ++sample)
      zeros += gathers[static_cast<std::size_t>(first + sample * shape.receivers)] == 0.0F ? 1 : 0;
    muted += zeros == shape.samples ? 1 : 0;
  }
  return muted;
}

TEST(Augmentation, AnotherFrequencyIsWhatItsWaveletRecords) {
  for (const std::int64_t decimation : {1, 5}) {
    const std::vector<float> original = modelled(15.0, decimation);
    for (const double frequency : {10.0, 12.5, 18.0}) {
      std::vector<float> gathers = original;
      const std::vector<float> expected = modelled(frequency, decimation);
      EXPECT_GT(relative_difference(gathers, expected), 0.3);
      change_frequency(gathers, decimated(decimation), 1e-3, 15.0, frequency);
      EXPECT_LT(relative_difference(gathers, expected), 0.05) << frequency << " Hz, decimation " << decimation;
    }
  }
}

TEST(Augmentation, NoiseHasTheAskedForPowerOverTheRecordedSamples) {
  Random signal(1);
  std::vector<float> clean(static_cast<std::size_t>(kShape.size()));
  for (float& value : clean) value = static_cast<float>(signal.uniform(-3.0, 3.0));
  for (const double decibels : {0.0, 10.0}) {
    for (const std::int64_t decimation : {1, 5}) {
      std::vector<float> noisy(clean.begin(), clean.begin() + decimated(decimation).size());
      const std::vector<float> before = noisy;
      Random random(5, 3);
      add_noise(noisy, decimated(decimation), decibels, random);
      const double share = relative_difference(noisy, before);
      EXPECT_NEAR(-20.0 * std::log10(share) - 10.0 * std::log10(decimation), decibels, 0.1);
    }
  }
}

TEST(Augmentation, MutesTheShareOfWholeTraces) {
  std::vector<float> gathers(static_cast<std::size_t>(kShape.size()), 1.0F);
  Random random(2, 0);
  mute_traces(gathers, kShape, 0.4, random);
  EXPECT_EQ(muted_traces(gathers, kShape), 140);
  EXPECT_EQ(energy(gathers), 1000.0 * (350 - 140)) << "part of a trace";
}

TEST(Augmentation, ChangesTheAskedForShareWithinItsRanges) {
  const std::vector<float> original = modelled(15.0, 5);
  const GatherShape shape = decimated(5);
  Augmentation augmentation;
  augmentation.share = 0.75;
  std::int64_t unchanged = 0;
  std::int64_t most_muted = 0;
  for (std::uint64_t draw = 0; draw < 80; ++draw) {
    std::vector<float> gathers = original;
    Random random(3, draw);
    augment(augmentation, shape, survey::openfwi(), gathers, random);
    unchanged += gathers == original ? 1 : 0;
    most_muted = std::max(most_muted, muted_traces(gathers, shape));
  }
  // A quarter, and a sixteenth of the rest: 23.75 on average.
  EXPECT_GT(unchanged, 10);
  EXPECT_LT(unchanged, 40);
  EXPECT_GT(most_muted, 20);
  EXPECT_LE(most_muted, 35);
}

/// Augments gathers so that their frequency alone could change.
void expect_frequency_stays(const std::vector<float>& original, const std::optional<survey::Modelling>& modelling) {
  Augmentation augmentation{.share = 1.0, .lowest_noise_db = 300.0, .highest_noise_db = 300.0};
  augmentation.largest_muted_share = 0.0;
  augmentation.largest_gain = 1.0;
  for (std::uint64_t draw = 0; draw < 8; ++draw) {
    std::vector<float> gathers = original;
    Random random(3, draw);
    augment(augmentation, decimated(5), modelling, gathers, random);
    EXPECT_LT(relative_difference(gathers, original), 1e-6);
  }
}

TEST(Augmentation, AFrequencyThatCannotBeReachedStays) {
  survey::Modelling modelling = survey::openfwi();
  modelling.source.peak_frequency = 7.0;
  expect_frequency_stays(modelled(7.0, 5), modelling);
}

TEST(Augmentation, TheFrequencyOfAnUnknownSurveyStays) { expect_frequency_stays(modelled(15.0, 5), std::nullopt); }

}  // namespace
}  // namespace strataform::data
