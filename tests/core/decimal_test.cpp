#include "strataform/core/decimal.h"

#include <gtest/gtest.h>

namespace strataform {
namespace {

TEST(Decimal, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(decimal_from("12"), 12.0);
  EXPECT_EQ(decimal_from("+0.5"), 0.5);
  EXPECT_EQ(decimal_from("-1e-3"), -1e-3);
  EXPECT_EQ(decimal_from("010"), 10.0);
  EXPECT_EQ(whole_from("010"), 10);
  EXPECT_EQ(whole_from("-08"), -8);
  EXPECT_EQ(share_from("0.2"), 0.2);
  EXPECT_EQ(share_from("20%"), 0.2);
  EXPECT_EQ(share_from("0.5%"), 0.005);
}

TEST(Decimal, IsNothingElse) {
  for (const char* text : {"", " 1", "1 ", "0x10", "0b1", "inf", "nan", "1e999", "1_000", "1,5", "+-1", "+", "ten"}) {
    EXPECT_FALSE(decimal_from(text)) << text;
    EXPECT_FALSE(whole_from(text)) << text;
    EXPECT_FALSE(share_from(text)) << text;
  }
  for (const char* text : {"1.5", "1e3", "99999999999999999999"}) EXPECT_FALSE(whole_from(text)) << text;
  for (const char* text : {"%", "20 %", "%20", "20%%"}) EXPECT_FALSE(share_from(text)) << text;
}

}  // namespace
}  // namespace strataform
