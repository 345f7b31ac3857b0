#include "strataform/figures/ticks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "strataform/core/error.h"

namespace strataform::figures {
namespace {

using Labels = std::vector<std::string>;

TEST(Ticks, StandAtRoundValues) {
  EXPECT_EQ(nice_ticks(0.0, 700.0, 5).labels, (Labels{"0", "200", "400", "600"}));
  EXPECT_EQ(nice_ticks(0.0, 1.0, 6).labels, (Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(nice_ticks(1500.0, 4500.0, 7).values,
            (std::vector<double>{1500.0, 2000.0, 2500.0, 3000.0, 3500.0, 4000.0, 4500.0}));
  EXPECT_EQ(nice_ticks(-0.5, 0.5, 3).labels, (Labels{"\u22120.5", "0.0", "0.5"}));
}

TEST(Ticks, AreTheSameForAReversedAxis) {
  EXPECT_EQ(nice_ticks(700.0, 0.0, 5).values, nice_ticks(0.0, 700.0, 5).values);
}

TEST(Ticks, StayInsideAndFewWhateverTheRange) {
  for (const double size : {3e-7, 0.013, 1.0, 47.0, 999.0, 1.3e8}) {
    for (const double low : {-2.1 * size, -0.5 * size, 0.0, 7.7 * size}) {
      for (int count = 2; count <= 12; ++count) {
        const Ticks ticks = nice_ticks(low, low + size, count);
        ASSERT_EQ(ticks.values.size(), ticks.labels.size());
        EXPECT_LE(ticks.values.size(), static_cast<std::size_t>(count));
        for (const double value : ticks.values) {
          EXPECT_GE(value, low - 1e-6 * size);
          EXPECT_LE(value, low + size * (1.0 + 1e-6));
        }
      }
    }
  }
}

TEST(Ticks, RefuseAnEmptyOrInfiniteAxis) {
  EXPECT_THROW((void)nice_ticks(3.0, 3.0, 5), UsageError);
  EXPECT_THROW((void)nice_ticks(0.0, std::numeric_limits<double>::infinity(), 5), UsageError);
  EXPECT_THROW((void)nice_ticks(std::nan(""), 1.0, 5), UsageError);
}

TEST(Ticks, LogarithmicOnesDivideDecadesWhereThereIsRoom) {
  EXPECT_EQ(log_ticks(10.0, 200.0).labels, (Labels{"10", "20", "50", "100", "200"}));
  EXPECT_EQ(log_ticks(0.01, 100.0).labels, (Labels{"0.01", "0.1", "1", "10", "100"}));
  EXPECT_THROW((void)log_ticks(0.0, 1.0), UsageError);
  EXPECT_THROW((void)log_ticks(2.0, 1.0), UsageError);
}

TEST(FormatNumber, GroupsThousandsAndWritesATrueMinus) {
  EXPECT_EQ(format_number(4500.0, 0), "4500");
  EXPECT_EQ(format_number(10000.0, 0), "10\u2009000");
  EXPECT_EQ(format_number(-1234567.25, 1), "\u22121\u2009234\u2009567.2");
  EXPECT_EQ(format_number(100000.0, 0), "100\u2009000");
  EXPECT_EQ(format_number(-0.001, 1), "0.0");
}

}  // namespace
}  // namespace strataform::figures
