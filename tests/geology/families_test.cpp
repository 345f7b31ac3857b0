#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/geology/family.h"

namespace strataform::geology {
namespace {

/// Calls work(family) for the ten and for the extra families.
template <typename Work>
void for_every_family(const Work& work) {
  for (const auto* list : {&families(), &extra_families()}) {
    for (const auto* family : *list) {
      SCOPED_TRACE(family->name());
      work(*family);
    }
  }
}

std::string message_of_unknown_family(const std::string& name) {
  try {
    (void)find_family(name);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

struct Published {
  const char* family;
  double mean;
  double deviation;
};

/// OpenFWI's published mean and deviation of velocity, in m/s.
constexpr Published kPublished[] = {
    {"flatvel-a", 2782, 786},   {"flatvel-b", 3001, 867},   {"curvevel-a", 2788, 794},   {"curvevel-b", 3001, 865},
    {"flatfault-a", 3089, 855}, {"flatfault-b", 3055, 876}, {"curvefault-a", 3083, 852}, {"curvefault-b", 3036, 890},
    {"style-a", 2729, 666},     {"style-b", 2837, 638},
};

class Calibration : public testing::TestWithParam<Published> {};

TEST_P(Calibration, MeanAndDeviationAreThePublishedOnes) {
  constexpr std::int64_t kSamples = 2000;
  const Family& family = find_family(GetParam().family);
  std::vector<double> means(kSamples);
  std::vector<double> squares(kSamples);
  parallel_for(kSamples, Context{}.thread_count(), [&](std::int64_t index, int /*worker*/) {
    const auto map = generate_map(family, 20240, static_cast<std::uint64_t>(index));
    double sum = 0.0;
    double sum_of_squares = 0.0;
    for (const double velocity : map) {
      sum += velocity;
      sum_of_squares += velocity * velocity;
    }
    const auto k = static_cast<std::size_t>(index);
    means[k] = sum / static_cast<double>(map.size());
    squares[k] = sum_of_squares / static_cast<double>(map.size());
  });
  double mean = 0.0;
  double square = 0.0;
  for (std::size_t k = 0; k < means.size(); ++k) {
    mean += means[k] / kSamples;
    square += squares[k] / kSamples;
  }
  const double deviation = std::sqrt(square - mean * mean);
  EXPECT_NEAR(mean, GetParam().mean, 60.0);
  EXPECT_NEAR(deviation, GetParam().deviation, 80.0);
}

INSTANTIATE_TEST_SUITE_P(OpenFwi, Calibration, testing::ValuesIn(kPublished), [](const auto& parameter) {
  std::string name = parameter.param.family;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Families, RegistryHoldsTheTenInOrder) {
  std::vector<std::string> names;
  for (const auto* family : families()) names.push_back(family->name());
  std::vector<std::string> expected;
  for (const auto& row : kPublished) expected.emplace_back(row.family);
  EXPECT_EQ(names, expected);
  EXPECT_EQ(find_family("curvefault-b").title(), "CurveFault-B");
}

TEST(Families, NamesAreFoundInOpenFwiSpelling) {
  EXPECT_EQ(&find_family("CurveFault_B"), &find_family("curvefault-b"));
  EXPECT_EQ(&find_family("STYLE-A"), &find_family("style-a"));
}

TEST(Families, ExtraFamiliesAreFoundButNotAmongTheTen) {
  const Family& salt = find_family("saltthrust");
  EXPECT_EQ(std::count(families().begin(), families().end(), &salt), 0);
  EXPECT_EQ(std::count(extra_families().begin(), extra_families().end(), &salt), 1);
}

TEST(Families, UnknownNameListsKnownOnesAndSuggestsTheNearest) {
  const std::string message = message_of_unknown_family("flatfalt-b");
  EXPECT_NE(message.find("'flatfalt-b'"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean 'flatfault-b'"), std::string::npos) << message;
  for (const auto& row : kPublished) EXPECT_NE(message.find(row.family), std::string::npos) << message;
  EXPECT_NE(message_of_unknown_family(""), "");
}

TEST(Families, VelocitiesAreInRangeAndIntegersExceptInStyle) {
  for_every_family([](const Family& family) {
    const bool style = family.name().starts_with("style");
    bool all_whole = true;
    for (std::uint64_t index = 0; index < 50; ++index) {
      for (const float velocity : generate_map(family, 7, index)) {
        ASSERT_GE(velocity, kMinVelocity);
        ASSERT_LE(velocity, kMaxVelocity);
        all_whole = all_whole && velocity == std::round(velocity);
      }
    }
    EXPECT_NE(all_whole, style);
  });
}

TEST(Families, SampleIsTheSameInAnyOrderAndOnAnyThread) {
  constexpr std::int64_t kSamples = 24;
  for_every_family([](const Family& family) {
    std::vector<std::vector<float>> forwards(kSamples);
    for (std::int64_t k = 0; k < kSamples; ++k) {
      forwards[static_cast<std::size_t>(k)] = generate_map(family, 3, static_cast<std::uint64_t>(k));
    }
    std::vector<std::vector<float>> threaded(kSamples);
    parallel_for(kSamples, 4, [&](std::int64_t index, int /*worker*/) {
      const auto k = static_cast<std::size_t>(kSamples - 1 - index);
      threaded[k] = generate_map(family, 3, k);
    });
    EXPECT_EQ(forwards, threaded);
  });
}

TEST(Families, SeedsIndicesAndFamiliesGiveDifferentMaps) {
  for_every_family([](const Family& family) {
    std::set<std::vector<float>> maps;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      for (std::uint64_t index = 0; index < 20; ++index) maps.insert(generate_map(family, seed, index));
    }
    EXPECT_EQ(maps.size(), 100U);
  });
  EXPECT_NE(generate_map(find_family("flatvel-a"), 1, 0), generate_map(find_family("curvevel-a"), 1, 0));
}

TEST(Families, AnyMapSizeFrom8By8) {
  for_every_family([](const Family& family) {
    for (const MapSize size : {MapSize{40, 100}, MapSize{120, 33}, MapSize{8, 8}}) {
      const auto map = generate_map(family, 1, 2, size);
      ASSERT_EQ(map.size(), static_cast<std::size_t>(size.nz * size.nx));
      EXPECT_GT(std::set<float>(map.begin(), map.end()).size(), 1U);
      const auto [low, high] = std::minmax_element(map.begin(), map.end());
      EXPECT_GE(*low, kMinVelocity);
      EXPECT_LE(*high, kMaxVelocity);
    }
  });
  EXPECT_THROW((void)generate_map(find_family("style-a"), 1, 0, {7, 70}), UsageError);
  EXPECT_THROW((void)generate_map(find_family("flatvel-a"), 1, 0, {70, -1}), UsageError);
}

}  // namespace
}  // namespace strataform::geology
