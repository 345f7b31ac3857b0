#include "strataform/core/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strataform {
namespace {

TEST(NearestName, CountsInsertedRemovedAndReplacedLetters) {
  const std::vector<std::string> names{"forward", "invert", "info"};
  EXPECT_EQ(nearest_name("forwrad", names), "forward");
  EXPECT_EQ(nearest_name("inver", names), "invert");
  EXPECT_EQ(nearest_name("infoo", names), "info");
  EXPECT_EQ(nearest_name("unfo", names), "info");
  EXPECT_EQ(close_name("forwrad", names), "forward");
  EXPECT_EQ(close_name("fowrards", names), "");
}

TEST(NearestName, TakesTheFirstOfEquals) {
  const std::vector<std::string> names{"ab", "ac"};
  EXPECT_EQ(nearest_name("ad", names), "ab");
}

TEST(NearestName, IsEmptyWithoutCandidates) { EXPECT_EQ(nearest_name("any", {}), ""); }

}  // namespace
}  // namespace strataform
