#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/geology/family.h"
#include "strataform/geology/faults.h"
#include "strataform/geology/layers.h"

namespace strataform::geology {
namespace {

constexpr std::size_t kSize = 70;
constexpr std::uint64_t kSeed = 11;

using Map = std::vector<float>;

float at(const Map& map, std::size_t z, std::size_t x) { return map[z * kSize + x]; }

std::size_t count_velocities(const Map& map) { return std::set<float>(map.begin(), map.end()).size(); }

int changes_along_row(const Map& map, std::size_t z) {
  int changes = 0;
  for (std::size_t x = 1; x < kSize; ++x) changes += at(map, z, x) != at(map, z, x - 1) ? 1 : 0;
  return changes;
}

/// Depth of each interface in a column, by the velocities above and below it.
std::map<std::pair<float, float>, int> interfaces_in_column(const Map& map, std::size_t x) {
  std::map<std::pair<float, float>, int> result;
  for (std::size_t z = 1; z < kSize; ++z) {
    const auto pair = std::make_pair(at(map, z - 1, x), at(map, z, x));
    if (pair.first != pair.second) result.emplace(pair, static_cast<int>(z));
  }
  return result;
}

/// How much deeper the layers lie at the right edge than at the left; nothing where no interface is seen at both
/// edges, or where the interfaces do not agree within the rounding to cells.
std::optional<int> throw_across(const Map& map) {
  const auto left = interfaces_in_column(map, 0);
  const auto right = interfaces_in_column(map, kSize - 1);
  std::optional<int> result;
  for (const auto& [pair, depth] : left) {
    const auto match = right.find(pair);
    if (match == right.end()) continue;
    const int shift = match->second - depth;
    if (result && std::abs(shift - *result) > 1) return std::nullopt;
    result = shift;
  }
  return result;
}

TEST(Vel, LayerCountsAreWithinTheFamilysRange) {
  const std::vector<std::pair<std::string, std::pair<std::size_t, std::size_t>>> ranges = {
      {"flatvel-a", {3, 6}}, {"flatvel-b", {3, 8}}, {"curvevel-a", {3, 6}}, {"curvevel-b", {3, 8}}};
  for (const auto& [name, range] : ranges) {
    SCOPED_TRACE(name);
    std::set<std::size_t> seen;
    for (std::uint64_t index = 0; index < 200; ++index) {
      seen.insert(count_velocities(generate_map(find_family(name), kSeed, index)));
    }
    // Two layers of B may have the same velocity, by chance.
    EXPECT_GE(*seen.begin(), name.ends_with('b') ? range.first - 1 : range.first);
    EXPECT_EQ(*seen.rbegin(), range.second);
    EXPECT_GE(seen.size(), range.second - range.first + 1);
  }
}

TEST(Vel, VelocityGrowsWithDepthInAOnly) {
  for (const std::string name : {"flatvel-a", "curvevel-a", "flatvel-b", "curvevel-b"}) {
    SCOPED_TRACE(name);
    int samples_that_fall = 0;
    for (std::uint64_t index = 0; index < 100; ++index) {
      const Map map = generate_map(find_family(name), kSeed, index);
      bool falls = false;
      for (std::size_t i = kSize; i < map.size(); ++i) falls = falls || map[i] < map[i - kSize];
      samples_that_fall += falls ? 1 : 0;
    }
    if (name.ends_with('a')) {
      EXPECT_EQ(samples_that_fall, 0);
    } else {
      EXPECT_GT(samples_that_fall, 80);
    }
  }
}

TEST(Vel, FlatLayersDoNotChangeSidewaysAndCurvedOnesDo) {
  for (const std::string name : {"flatvel-a", "flatvel-b", "curvevel-a", "curvevel-b"}) {
    SCOPED_TRACE(name);
    for (std::uint64_t index = 0; index < 100; ++index) {
      const Map map = generate_map(find_family(name), kSeed, index);
      int changes = 0;
      for (std::size_t z = 0; z < kSize; ++z) changes += changes_along_row(map, z);
      if (name.starts_with("flat")) {
        ASSERT_EQ(changes, 0);
      } else {
        ASSERT_GT(changes, 3);
      }
    }
  }
}

TEST(Vel, CurvedInterfacesFollowOneAnotherWithoutBeingCopies) {
  Random random(5);
  LayerOptions options;
  options.fold_min = 3.0;
  options.fold_max = 7.0;
  for (int repeat = 0; repeat < 100; ++repeat) {
    const LayerStack stack = draw_stack(random, 5, {}, options);
    bool copies = true;
    for (int x = 0; x < 70; ++x) {
      for (std::size_t k = 1; k < stack.depths.size(); ++k) {
        const double above = evaluate(stack.bends[k - 1], x);
        const double below = evaluate(stack.bends[k], x);
        ASSERT_LT(stack.depths[k - 1] + above, stack.depths[k] + below) << "interfaces cross";
        copies = copies && std::abs(above - below) < 0.5;
      }
    }
    EXPECT_FALSE(copies);
  }
}

TEST(Fault, OneFaultCutsFlatLayersOnceInEveryRow) {
  for (std::uint64_t index = 0; index < 200; ++index) {
    const Map map = generate_map(find_family("flatfault-a"), kSeed, index);
    int rows_cut = 0;
    for (std::size_t z = 0; z < kSize; ++z) {
      ASSERT_LE(changes_along_row(map, z), 1) << "sample " << index << ", row " << z;
      rows_cut += changes_along_row(map, z);
    }
    EXPECT_GE(rows_cut, 4) << "sample " << index;
  }
}

TEST(Fault, ThrowShiftsAllLayersByTheSameRealAmount) {
  int measured = 0;
  int up = 0;
  int down = 0;
  int comparable = 0;
  for (std::uint64_t index = 0; index < 300; ++index) {
    const Map map = generate_map(find_family("flatfault-a"), kSeed, index, {}, 4);
    const auto left = interfaces_in_column(map, 0);
    for (const auto& [pair, depth] : interfaces_in_column(map, kSize - 1)) {
      if (left.contains(pair)) {
        ++comparable;
        break;
      }
    }
    const auto shift = throw_across(map);
    if (!shift) continue;
    ++measured;
    // The least slip, 8 cells, at the least dip, 40 degrees, is a throw of 5.1 cells; the largest is 17.4.
    EXPECT_GE(std::abs(*shift), 4) << "sample " << index;
    EXPECT_LE(std::abs(*shift), 19) << "sample " << index;
    (*shift > 0 ? down : up) += 1;
  }
  EXPECT_GT(comparable, 240);
  // A fault that leaves through an edge column is taken for an interface there; elsewhere the layers must agree.
  EXPECT_GT(measured, comparable * 4 / 5);
  EXPECT_GT(up, measured / 4);
  EXPECT_GT(down, measured / 4);
}

/// The largest jump of an interface between the same two layers from a column to the next. Curved interfaces dip by
/// about 45 degrees at most.
int largest_jump(const Map& map) {
  int largest = 0;
  for (std::size_t x = 1; x < kSize; ++x) {
    const auto left = interfaces_in_column(map, x - 1);
    for (const auto& [pair, depth] : interfaces_in_column(map, x)) {
      const auto match = left.find(pair);
      if (match != left.end()) largest = std::max(largest, std::abs(depth - match->second));
    }
  }
  return largest;
}

TEST(Fault, ThrowsAreSeenInEveryFamilyAndNowhereElse) {
  for (const char* name : {"flatfault-a", "flatfault-b", "curvefault-a", "curvefault-b"}) {
    int thrown = 0;
    for (std::uint64_t index = 0; index < 200; ++index) {
      thrown += largest_jump(generate_map(find_family(name), kSeed, index)) >= 4 ? 1 : 0;
    }
    // Where the plane is gentle, the two parts of an interface have no neighbouring columns.
    EXPECT_GE(thrown, 100) << name;
  }
  for (const char* name : {"flatvel-a", "curvevel-a"}) {
    for (std::uint64_t index = 0; index < 200; ++index) {
      EXPECT_LE(largest_jump(generate_map(find_family(name), kSeed, index)), 2) << name << ", sample " << index;
    }
  }
}

TEST(Fault, VelocityGrowsWithDepthInAButForThrusts) {
  for (const char* name : {"flatfault-a", "curvefault-a"}) {
    int never = 0;
    for (std::uint64_t index = 0; index < 200; ++index) {
      const Map map = generate_map(find_family(name), kSeed, index);
      int most = 0;
      for (std::size_t x = 0; x < kSize; ++x) {
        int decreases = 0;
        for (std::size_t z = 1; z < kSize; ++z) decreases += at(map, z, x) < at(map, z - 1, x) ? 1 : 0;
        most = std::max(most, decreases);
      }
      // The one fault of A, where it is a thrust, carries faster rock over slower rock once in a column.
      EXPECT_LE(most, 1) << name << ", sample " << index;
      never += most == 0 ? 1 : 0;
    }
    EXPECT_GT(never, 60) << name;
    EXPECT_LT(never, 160) << name;
  }
}

TEST(Fault, FewLayersInAManyInB) {
  const std::vector<std::pair<std::string, std::vector<int>>> groups = {
      {"flatfault-a", {2, 3, 4}}, {"curvefault-a", {2, 3, 4}}, {"flatfault-b", {6, 7, 8}}, {"curvefault-b", {6, 7, 8}}};
  for (const auto& [name, layers] : groups) {
    SCOPED_TRACE(name);
    const Family& family = find_family(name);
    EXPECT_EQ(family.layer_groups(), layers);
    for (const int count : layers) {
      int complete = 0;
      for (std::uint64_t index = 0; index < 60; ++index) {
        const std::size_t seen = count_velocities(generate_map(family, kSeed, index, {}, count));
        ASSERT_GE(seen, 2U);
        ASSERT_LE(seen, static_cast<std::size_t>(count));
        complete += seen == static_cast<std::size_t>(count) ? 1 : 0;
      }
      EXPECT_GT(complete, 40) << count << " layers";
    }
    EXPECT_THROW((void)generate_map(family, kSeed, 0, {}, 5), UsageError);
  }
  EXPECT_THROW((void)generate_map(find_family("style-a"), kSeed, 0, {}, 2), UsageError);
}

TEST(Fault, SomeSamplesHaveOnlyTwoVelocities) {
  int two = 0;
  for (std::uint64_t index = 0; index < 100; ++index) {
    two += count_velocities(generate_map(find_family("curvefault-a"), kSeed, index)) == 2 ? 1 : 0;
  }
  EXPECT_GT(two, 10);
  EXPECT_LT(two, 60);
}

TEST(Fault, MovesTheHangingWallAlongThePlane) {
  const Fault normal{{35.0, 35.0}, std::numbers::pi / 4.0, 1.0, std::sqrt(2.0) * 10.0};
  const Point footwall = normal.before({20.0, 50.0});
  EXPECT_EQ(footwall.x, 20.0);
  EXPECT_EQ(footwall.z, 50.0);
  const Point hanging = normal.before({50.0, 30.0});
  EXPECT_NEAR(hanging.x, 40.0, 1e-9);
  EXPECT_NEAR(hanging.z, 20.0, 1e-9);
  // A thrust brings rock up, so what is seen came from below: older over younger.
  const Fault thrust{{35.0, 35.0}, std::numbers::pi / 6.0, 1.0, -12.0};
  EXPECT_NEAR(thrust.before({50.0, 30.0}).z, 36.0, 1e-9);
}

/// Samples of 100 that have slower rock right below faster one, salt aside, and those with salt.
std::pair<int, int> count_inverted_and_salty(const std::string& family) {
  int inverted = 0;
  int salty = 0;
  for (std::uint64_t index = 0; index < 100; ++index) {
    const Map map = generate_map(find_family(family), kSeed, index);
    bool slower_below = false;
    for (std::size_t i = kSize; i < map.size(); ++i) {
      slower_below = slower_below || (map[i - kSize] < 4400.0F && map[i] < map[i - kSize]);
    }
    inverted += slower_below ? 1 : 0;
    salty += *std::max_element(map.begin(), map.end()) >= 4400.0F ? 1 : 0;
  }
  return {inverted, salty};
}

TEST(SaltThrust, SaltAndThrustAloneHaveOneOfBoth) {
  const auto [inverted_by_salt, salty] = count_inverted_and_salty("salt");
  EXPECT_EQ(salty, 100);
  EXPECT_LT(inverted_by_salt, 10);
  const auto [inverted, with_salt] = count_inverted_and_salty("thrust");
  EXPECT_EQ(with_salt, 0);
  EXPECT_GT(inverted, 90);
}

TEST(SaltThrust, IsWhatTheDemoWasMeasuredOn) {
  // The sum of whole numbers is exact.
  double sum = 0.0;
  for (std::uint64_t index = 0; index < 20; ++index) {
    const Map map = generate_map(find_family("saltthrust"), 9002, index);
    sum = std::accumulate(map.begin(), map.end(), sum);
  }
  EXPECT_EQ(sum, 327078565.0);
}

TEST(SaltThrust, HasSaltInFoldedThrustedLayers) {
  int inverted = 0;
  for (std::uint64_t index = 0; index < 100; ++index) {
    const Map map = generate_map(find_family("saltthrust"), kSeed, index);
    std::set<float> salt;
    std::size_t cells = 0;
    bool slower_below = false;
    for (std::size_t i = 0; i < map.size(); ++i) {
      if (map[i] >= 4400.0F) {
        salt.insert(map[i]);
        ++cells;
      } else if (i >= kSize && map[i - kSize] < 4400.0F) {
        slower_below = slower_below || map[i] < map[i - kSize];
      }
    }
    EXPECT_EQ(salt.size(), 1U) << "sample " << index;
    EXPECT_GT(cells, map.size() / 25) << "sample " << index;
    EXPECT_LT(cells, map.size() / 2) << "sample " << index;
    EXPECT_GT(count_velocities(map), 6U);
    inverted += slower_below ? 1 : 0;
  }
  EXPECT_GT(inverted, 95) << "thrusts put faster rock on slower rock";
}

}  // namespace
}  // namespace strataform::geology
