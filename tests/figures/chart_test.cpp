#include "strataform/figures/chart.h"

#include <gtest/gtest.h>

#include <cmath>

#include "labels.h"
#include "picture.h"
#include "strataform/core/error.h"
#include "strataform/figures/interval_chart.h"
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

TEST(LineChart, DrawsErrorBarsWithinTheAxes) {
  const test::TemporaryFolder folder;
  const LineChartOptions options{.width = 200.0};
  write_line_chart(folder / "plain.png", {{"a", {1, 2}, {10, 20}}}, options);
  write_line_chart(folder / "bars.png", {{"a", {1, 2}, {10, 20}, {0.0, 5.0}}}, options);
  const std::uint32_t color = test::packed(from_oklch(0.50, 0.14, 258.0));
  const test::Picture bars(folder / "bars.png");
  EXPECT_GT(bars.count(color), test::Picture(folder / "plain.png").count(color));
  // 25, the upper end, belongs to the axis.
  EXPECT_TRUE(test::has_label(draw_line_chart({{"a", {1, 2}, {10, 20}, {0.0, 5.0}}}, options), "25"));
  EXPECT_FALSE(test::has_label(draw_line_chart({{"a", {1, 2}, {10, 20}}}, options), "25"));
  // An interval down to zero ends at the edge of a logarithmic axis; one without a width has no bar.
  write_line_chart(folder / "log.png", {{"a", {1, 2}, {10, 20}, {15.0, std::nan("")}}}, {.log_y = true});
  write_line_chart(folder / "dodged.pdf", {{"a", {1, 2}, {10, 20}, {1, 1}}, {"b", {1, 2}, {11, 21}, {1, 1}}},
                   {.log_x = true, .dodge = 5.0});
}

TEST(LineChart, LabelsKeepClearOfEachOther) {
  for (const double low : {1.0, 0.001, 95.0}) {
    for (const double ratio : {1.2, 40.0, 3000.0, 1e7}) {
      for (const bool log_x : {false, true}) {
        for (const double width : {60.0, 200.0, 480.0}) {
          const LineChartOptions options{.title = "A title that is wrapped where it is too long for the chart",
                                         .x_label = "training samples",
                                         .y_label = "mean absolute error (m/s)",
                                         .log_x = log_x,
                                         .log_y = !log_x,
                                         .width = width,
                                         .height = width / 2.0};
          const Series line{"a method with a name", {low, low * ratio}, {1e3 * low, 1e3 * low * ratio}};
          EXPECT_EQ(test::unreadable_labels(draw_line_chart({line, line}, options)), std::vector<std::string>{})
              << low << ", " << ratio << ", " << width;
        }
      }
    }
  }
}

TEST(LineChart, RefusesBadSeries) {
  const test::TemporaryFolder folder;
  const auto path = folder / "chart.png";
  EXPECT_THROW(write_line_chart(path, {}), UsageError);
  EXPECT_THROW(write_line_chart(path, {{"a", {1}, {1}}}, {.width = -1.0}), UsageError);
  EXPECT_THROW(write_line_chart(path, {{"a", {1, 2}, {1}}}), InputError);
  EXPECT_THROW(write_line_chart(path, {{"a", {}, {}}}), InputError);
  EXPECT_THROW(write_line_chart(path, {{"a", {1, 2}, {1, 2}, {1}}}), InputError);
  EXPECT_THROW(write_line_chart(folder / "chart.tiff", {{"a", {1, 2}, {1, 2}}}), UsageError);
  EXPECT_THROW(write_line_chart(path, {{"a", {1, 2}, {1, std::nan("")}}}), InputError);
  EXPECT_THROW(write_line_chart(path, {{"a", {0, 2}, {1, 2}}}, {.log_x = true}), InputError);
  EXPECT_THROW(write_line_chart(folder / "missing" / "a.png", {{"a", {1, 2}, {1, 2}}}), IoError);
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

std::vector<IntervalGroup> some_intervals() {
  return {
      {"PEFT is as good",
       {{.label = "LoRA", .value = 2.1, .half_width = 0.4, .limit = 5.0, .note = "holds", .tone = Tone::kGood},
        {.label = "DoRA", .value = 12.0, .half_width = 3.0, .limit = 5.0, .note = "does not hold", .tone = Tone::kBad},
        {.label = "None", .limit = 5.0, .note = "not computed"}}},
      {"Another", {{.label = "One seed", .value = -73.0, .limit = 0.0}}}};
}

TEST(IntervalChart, ShowsIntervalsAgainstTheirLimits) {
  const test::TemporaryFolder folder;
  write_interval_chart(folder / "claims.png", some_intervals(),
                       {.title = "Claims", .x_label = "%", .shade_below = true});
  const test::Picture picture(folder / "claims.png");
  EXPECT_GT(picture.count(test::packed(from_oklch(0.55, 0.11, 165.0))), 50) << "one holds";
  EXPECT_GT(picture.count(test::packed(from_oklch(0.52, 0.17, 28.0))), 100) << "one does not";
  EXPECT_EQ(test::unreadable_labels(draw_interval_chart(some_intervals(), {.title = "Claims", .x_label = "%"})),
            std::vector<std::string>{});
  write_interval_chart(folder / "claims.svg", some_intervals());
  write_interval_chart(folder / "claims.pdf", some_intervals());
}

TEST(IntervalChart, RefusesBadRows) {
  const test::TemporaryFolder folder;
  const auto path = folder / "chart.png";
  EXPECT_THROW(write_interval_chart(path, {}), UsageError);
  EXPECT_THROW(write_interval_chart(path, {{"empty", {}}}), UsageError);
  EXPECT_THROW(write_interval_chart(path, some_intervals(), {.width = 0.0}), UsageError);
  EXPECT_THROW(write_interval_chart(path, {{"", {{.label = "a", .value = std::nan("")}}}}), InputError);
  EXPECT_THROW(write_interval_chart(folder / "chart.txt", some_intervals()), UsageError);
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

}  // namespace
}  // namespace strataform::figures
