#include "strataform/data/sample_maker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/input_spec.h"

namespace strataform::data {
namespace {

SampleMaker maker_of(const SampleOptions& options) {
  return {family_maps(geology::find_family("curvefault-b"), options.size), options};
}

TEST(SampleMaker, ASampleFollowsFromItsNumberWhateverIsMadeBesideIt) {
  SampleOptions options;
  options.decimation = 5;
  options.conditions.noise_db = 10.0;
  options.conditions.muted = 0.2;
  const SampleMaker maker = maker_of(options);
  const SampleChunk all = maker.make({0, 3});
  const SampleChunk last = maker.make({2, 1});
  const SampleChunk every_second = maker.make({0, 2, 2});
  const auto part = [](const std::vector<float>& values, std::size_t sample, std::size_t size) {
    const std::span<const float> found = std::span(values).subspan(sample * size, size);
    return std::vector<float>(found.begin(), found.end());
  };
  const auto values = static_cast<std::size_t>(maker.shape().size());
  EXPECT_EQ(maker.shape(), (GatherShape{5, 200, 70, 5}));
  ASSERT_EQ(all.gathers.size(), 3 * values);
  EXPECT_EQ(part(all.gathers, 2, values), last.gathers);
  EXPECT_EQ(part(every_second.gathers, 1, values), last.gathers);
  EXPECT_EQ(part(all.maps, 2, 4900), last.maps);
  EXPECT_EQ(part(every_second.maps, 1, 4900), last.maps);
  EXPECT_EQ(maker.maps({2, 1}), last.maps);
}

TEST(SampleMaker, KeepsTheMeansOfWhatWasRecorded) {
  SampleOptions options;
  const SampleMaker recorded = maker_of(options);
  options.decimation = 5;
  const SampleMaker kept = maker_of(options);
  std::vector<float> expected(static_cast<std::size_t>(kept.shape().size()));
  block_means(recorded.shape(), recorded.make({1, 1}).gathers, 5, /*replace_last=*/true, expected);
  EXPECT_EQ(kept.make({1, 1}).gathers, expected);
}

TEST(SampleMaker, MutesTracesAfterModelling) {
  SampleOptions options;
  options.flip_shot = true;
  options.decimation = 5;
  options.conditions.muted = 0.25;
  const SampleMaker maker = maker_of(options);
  const std::vector<float> gathers = maker.make({0, 1}).gathers;
  std::int64_t silent = 0;
  for (std::size_t trace = 0; trace < 6 * 70; ++trace) {
    const std::size_t first = trace / 70 * 200 * 70 + trace % 70;
    bool all = true;
    for (std::size_t sample = 0; sample < 200; ++sample) all = all && gathers[first + sample * 70] == 0.0F;
    if (all) ++silent;
  }
  EXPECT_EQ(silent, 105);
}

TEST(SampleMaker, MakesMapsAlone) {
  SampleOptions options;
  options.velocity_only = true;
  const SampleChunk chunk = maker_of(options).make({0, 2});
  EXPECT_EQ(chunk.maps.size(), 2U * 4900);
  EXPECT_TRUE(chunk.gathers.empty());
  EXPECT_FALSE(maker_of(options).modelling());
}

TEST(SampleMaker, RefusesADecimationThatLeavesARest) {
  SampleOptions options;
  options.decimation = 3;
  EXPECT_THROW((void)maker_of(options), UsageError);
}

}  // namespace
}  // namespace strataform::data
