#include "strataform/figures/chart.h"

#include <gtest/gtest.h>

#include <cmath>

#include "picture.h"
#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::figures {
namespace {

TEST(LineChart, DrawsLinesInTheirColors) {
  const test::TemporaryFolder folder;
  write_line_chart(folder / "chart.png", {{"a", {1, 10, 100}, {300, 200, 150}}, {"b", {1, 10, 100}, {300, 280, 250}}},
                   {.title = "Title", .x_label = "steps", .y_label = "MAE (m/s)", .log_x = true, .width = 200.0});
  const test::Picture picture(folder / "chart.png");
  EXPECT_GT(picture.width(), 400);
  EXPECT_GT(picture.count(test::packed(from_oklch(0.50, 0.14, 258.0))), 200);
  EXPECT_GT(picture.count(test::packed(from_oklch(0.70, 0.15, 55.0))), 200);
}

TEST(LineChart, DrawsDegenerateRanges) {
  const test::TemporaryFolder folder;
  write_line_chart(folder / "point.png", {{"", {5}, {0}}});
  write_line_chart(folder / "constant.png", {{"", {1, 2}, {3, 3}}}, {.log_y = true});
  write_line_chart(folder / "narrow.png", {{"", {1, 2}, {3.0, 3.1}}}, {.log_x = true, .log_y = true});
  EXPECT_EQ(test::count_entries(folder.path()), 3);
}

TEST(LineChart, RefusesBadSeries) {
  const test::TemporaryFolder folder;
  const auto path = folder / "chart.png";
  EXPECT_THROW(write_line_chart(path, {}), UsageError);
  EXPECT_THROW(write_line_chart(path, {{"a", {1}, {1}}}, {.width = -1.0}), UsageError);
  EXPECT_THROW(write_line_chart(path, {{"a", {1, 2}, {1}}}), InputError);
  EXPECT_THROW(write_line_chart(path, {{"a", {}, {}}}), InputError);
  EXPECT_THROW(write_line_chart(path, {{"a", {1, 2}, {1, std::nan("")}}}), InputError);
  EXPECT_THROW(write_line_chart(path, {{"a", {0, 2}, {1, 2}}}, {.log_x = true}), InputError);
  EXPECT_THROW(write_line_chart(folder / "missing" / "a.png", {{"a", {1, 2}, {1, 2}}}), IoError);
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

}  // namespace
}  // namespace strataform::figures
