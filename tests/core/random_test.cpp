#include "strataform/core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace strataform {
namespace {

TEST(Random, RepeatsForTheSameSeedAndStream) {
  Random first(7, 3);
  Random second(7, 3);
  for (int draw = 0; draw < 100; ++draw) EXPECT_EQ(first.bits(), second.bits());
}

TEST(Random, KeepsItsValuesAcrossVersions) {
  // Samples of a data set are named by their seed, so these numbers are a promise.
  Random random(1, 0);
  const std::array<std::uint64_t, 3> values = {random.bits(), random.bits(), random.bits()};
  EXPECT_EQ(values, (std::array<std::uint64_t, 3>{5226295891941712017U, 5547022123706608281U, 18144476329041699521U}));
}

TEST(Random, StepsAsTheReferenceGeneratorDoes) {
  // From the state {1, 2, 3, 4} the definition of xoshiro256++ gives rotl(1 + 4, 23) + 1 first.
  Random random(0);
  random.set_state({1, 2, 3, 4});
  EXPECT_EQ(random.bits(), 41943041U);
  EXPECT_EQ(random.bits(), 58720359U);
}

TEST(Random, StreamsAndSeedsDiffer) {
  Random base(7, 0);
  Random other_stream(7, 1);
  Random other_seed(8, 0);
  int equal = 0;
  for (int draw = 0; draw < 1000; ++draw) {
    const std::uint64_t bits = base.bits();
    equal += static_cast<int>(bits == other_stream.bits());
    equal += static_cast<int>(bits == other_seed.bits());
  }
  EXPECT_EQ(equal, 0);
}

TEST(Random, UniformHasItsMeanVarianceAndBounds) {
  Random random(11);
  constexpr int kDraws = 200000;
  double sum = 0.0;
  double squares = 0.0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const double value = random.uniform(-2.0, 4.0);
    ASSERT_GE(value, -2.0);
    ASSERT_LT(value, 4.0);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kDraws;
  EXPECT_NEAR(mean, 1.0, 0.02);
  EXPECT_NEAR(squares / kDraws - mean * mean, 3.0, 0.05);
}

TEST(Random, IntegerReachesBothBoundsEvenly) {
  Random random(5);
  std::array<int, 6> counts{};
  for (int draw = 0; draw < 60000; ++draw) {
    const std::int64_t value = random.integer(-2, 3);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 3);
    ++counts.at(static_cast<std::size_t>(value + 2));
  }
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Random, IntegerOfOneValueIsThatValue) {
  Random random(5);
  EXPECT_EQ(random.integer(42, 42), 42);
}

TEST(Random, NormalHasItsMeanDeviationAndTails) {
  Random random(13);
  constexpr int kDraws = 200000;
  double sum = 0.0;
  double squares = 0.0;
  int beyond_two = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const double value = random.normal(10.0, 2.0);
    sum += value;
    squares += (value - 10.0) * (value - 10.0);
    beyond_two += static_cast<int>(std::abs(value - 10.0) > 4.0);
  }
  EXPECT_NEAR(sum / kDraws, 10.0, 0.03);
  EXPECT_NEAR(squares / kDraws, 4.0, 0.08);
  EXPECT_NEAR(static_cast<double>(beyond_two) / kDraws, 0.0455, 0.003);
}

TEST(Random, ChanceFollowsItsProbability) {
  Random random(17);
  int hits = 0;
  for (int draw = 0; draw < 100000; ++draw) hits += static_cast<int>(random.chance(0.2));
  EXPECT_NEAR(hits, 20000, 600);
}

TEST(Random, GoesOnFromASavedState) {
  Random random(19);
  random.normal();
  const Random::State saved = random.state();
  const double expected = random.normal();
  Random restored(0);
  restored.set_state(saved);
  EXPECT_EQ(restored.normal(), expected);
}

TEST(Random, StreamOfNamesIsFnv1a) {
  EXPECT_EQ(stream_of(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(stream_of("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_NE(stream_of("train"), stream_of("test"));
}

}  // namespace
}  // namespace strataform
