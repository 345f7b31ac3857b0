#include "strataform/data/recorder.h"

#include <gtest/gtest.h>

#include <vector>

#include "strataform/wave/wavelet.h"
#include "support/relative_difference.h"

namespace strataform::data {
namespace {

constexpr geology::MapSize kMap{};
constexpr GatherShape kRecordedShape{5, 1000, 70};

/// Gathers of a smooth map, which a coarse and a fine grid see alike.
std::vector<float> gathers_of_a_smooth_map(const Conditions& conditions) {
  std::vector<float> map;
  for (std::int64_t row = 0; row < kMap.nz; ++row)
    map.insert(map.end(), kMap.nx, 2000.0F + 15.0F * static_cast<float>(row));
  const std::int64_t number = 0;
  return make_recorder(conditions, /*flip_shot=*/false, kMap, /*seed=*/1)->record(map, {&number, 1});
}

TEST(Recorder, TheFinerGridRecordsTheSameWaves) {
  Conditions conditions;
  conditions.frequency = 10.0;
  const std::vector<float> coarse = gathers_of_a_smooth_map(conditions);
  conditions.refinement = 2;
  const std::vector<float> fine = gathers_of_a_smooth_map(conditions);
  ASSERT_EQ(coarse.size(), static_cast<std::size_t>(kRecordedShape.size()));
  ASSERT_EQ(fine.size(), coarse.size());
  EXPECT_LT(test::relative_difference(fine, coarse), 0.1);
}

TEST(Recorder, TheFrequencyIsTheDomains) {
  for (const double frequency : {7.0, 15.0}) {
    const std::vector<float> gathers = gathers_of_a_smooth_map({.frequency = frequency});
    // A receiver far from the source of the first shot.
    std::vector<double> trace;
    for (std::size_t sample = 0; sample < 1000; ++sample) trace.push_back(gathers[sample * 70 + 50]);
    EXPECT_NEAR(wave::peak_frequency(trace, 1e-3), frequency, 0.25 * frequency);
  }
}

}  // namespace
}  // namespace strataform::data
