#include "strataform/data/map_source.h"

#include <gtest/gtest.h>

#include <vector>

#include "strataform/core/error.h"

namespace strataform::data {
namespace {

TEST(FamilyShares, AreAllOrNamesWithWeights) {
  EXPECT_EQ(family_shares_from_name("all").size(), 10U);
  const std::vector<FamilyShare> shares = family_shares_from_name("CurveFault_B=3,flatvel-a");
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_EQ(shares[0].family->name(), "curvefault-b");
  EXPECT_EQ(shares[0].weight, 3);
  EXPECT_EQ(shares[1].weight, 1);
  for (const char* wrong :
       {"", "flatvel-a=", "flatvel-a=0", "flatvel-a=2x", "flatvel-a=1001", "flatvil-a", "flatvel-a=2,FlatVel_A"}) {
    EXPECT_THROW((void)family_shares_from_name(wrong), UsageError) << wrong;
  }
}

TEST(FamilyTurns, EveryFamilyHasItsOwnMapsWhateverIsBesideIt) {
  const FamilyTurns turns(family_shares_from_name("style-b=2,flatvel-a"));
  const geology::MapSize size{};
  const MapSource maps = family_maps(turns, size);
  const MapSource alone = family_maps(geology::find_family("flatvel-a"), size);
  EXPECT_EQ(turns.family(1).name(), "flatvel-a");
  EXPECT_EQ(turns.family(4).name(), "flatvel-a");
  EXPECT_EQ(maps(7, 4), alone(7, 1));
  EXPECT_EQ(alone(7, 1), geology::generate_map(geology::find_family("flatvel-a"), 7, 1));
}

TEST(FamilyTurns, RefuseToBeNone) { EXPECT_THROW(FamilyTurns({}), UsageError); }

}  // namespace
}  // namespace strataform::data
