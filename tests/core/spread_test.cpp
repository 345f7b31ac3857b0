#include "strataform/core/spread.h"

#include <gtest/gtest.h>

namespace strataform {
namespace {

using Indices = std::vector<std::int64_t>;

TEST(EvenlySpread, TakesTheFirstOrTheMiddleOfEachPart) {
  EXPECT_EQ(evenly_spread(10, 4), (Indices{0, 2, 5, 7}));
  EXPECT_EQ(evenly_spread(10, 4, SpreadPlace::kMiddle), (Indices{1, 3, 6, 8}));
  EXPECT_EQ(evenly_spread(7, 1, SpreadPlace::kMiddle), (Indices{3}));
}

TEST(EvenlySpread, TakesAllWhereThereAreNoMore) {
  for (const SpreadPlace place : {SpreadPlace::kFirst, SpreadPlace::kMiddle}) {
    EXPECT_EQ(evenly_spread(3, 3, place), (Indices{0, 1, 2}));
    EXPECT_EQ(evenly_spread(3, 9, place), (Indices{0, 1, 2}));
  }
  EXPECT_TRUE(evenly_spread(0, 5).empty());
  EXPECT_TRUE(evenly_spread(5, 0).empty());
}

}  // namespace
}  // namespace strataform
