#include "strataform/figures/image.h"

#include <gtest/gtest.h>

#include <numeric>

#include "picture.h"
#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::figures {
namespace {

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

double mean(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(Resample, RepeatsValuesWhenTheTargetIsAMultiple) {
  EXPECT_EQ(resample(ramp(4), 2, 2, 4, 4), (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3}));
}

TEST(Resample, AveragesWhenTheTargetIsSmaller) {
  EXPECT_EQ(resample(ramp(8), 4, 2, 2, 1), (std::vector<float>{1.5F, 5.5F}));
}

TEST(Resample, KeepsTheMeanForAnySize) {
  const std::vector<float> values = ramp(static_cast<std::size_t>(37) * 11);
  for (const int rows : {1, 7, 37, 38, 100}) {
    for (const int columns : {1, 10, 11, 13, 64}) {
      const std::vector<float> result = resample(values, 37, 11, rows, columns);
      ASSERT_EQ(result.size(), static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
      EXPECT_NEAR(mean(result), mean(values), 1e-3);
    }
  }
}

TEST(Canvas, RefusesAPictureThatCairoCannotHold) {
  EXPECT_THROW(Canvas(20000.0, 10.0), UsageError);
  EXPECT_THROW(Canvas(0.0, 10.0), UsageError);
}

TEST(Canvas, ReportsTextThatIsNotUtf8) {
  const test::TemporaryFolder folder;
  Canvas canvas(20.0, 20.0);
  canvas.text(0.0, 10.0, "\xff\xfe", {});
  EXPECT_THROW(canvas.write(folder / "broken.png", Overwrite::kRefuse), UsageError);
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

// Text leaves a current point behind in cairo; a line drawn next must not start there.
TEST(Canvas, DrawsALineAfterTextWithoutConnectingThem) {
  const test::TemporaryFolder folder;
  Canvas canvas(40.0, 40.0);
  canvas.text(2.0, 10.0, "a", {});
  canvas.line(30.0, 38.0, 38.0, 38.0, {0.0, 0.0, 0.0}, 1.0);
  canvas.write(folder / "line.png", Overwrite::kRefuse);
  const test::Picture picture(folder / "line.png");
  EXPECT_EQ(picture.pixel(70, 76), 0x000000U);
  for (int y = 24; y < 74; ++y) {
    for (int x = 0; x < 80; ++x) ASSERT_EQ(picture.pixel(x, y), 0xFFFFFFU) << x << ", " << y;
  }
}

TEST(Shorten, CutsWholeCharactersOnly) {
  const TextStyle style{.size = 9.0};
  EXPECT_EQ(shorten("velocity", style, 1000.0), "velocity");
  const std::string cut = shorten("−−−−−−−−−−", style, 40.0);
  EXPECT_LE(text_width(cut, style), 40.0);
  EXPECT_EQ(cut.size() % 3, 0U);  // the minus and the ellipsis have three bytes each
  EXPECT_GT(cut.size(), 3U);
}

TEST(Heading, WrapsALongTitle) {
  EXPECT_EQ(Heading("", "", 300.0).height(), 0.0);
  const double one = Heading("A title", "", 300.0).height();
  const double more = Heading("A title that is far too long for one line of a small figure", "", 300.0).height();
  EXPECT_GT(one, 0.0);
  EXPECT_GT(more, one);
}

}  // namespace
}  // namespace strataform::figures
