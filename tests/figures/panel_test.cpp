#include "strataform/figures/panel.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "picture.h"
#include "strataform/core/error.h"
#include "strataform/figures/contact_sheet.h"
#include "support/test_support.h"

namespace strataform::figures {
namespace {

constexpr MapShape kSmall{.rows = 7, .columns = 7, .spacing = 100.0};

Panel constant_panel(float value) { return velocity_panel(std::vector<float>(49, value), kSmall, "True"); }

TEST(Panels, ConstantPanelHasTheColorOfTheMap) {
  const test::TemporaryFolder folder;
  Panel panel = constant_panel(3000.0F);
  panel.color_bar = false;
  write_panels(folder / "map.png", {{panel}}, {.cell_width = 100.0, .cell_height = 80.0});
  const test::Picture picture(folder / "map.png");
  const int inside = picture.count(test::packed(ColorMap(Scale::kVelocity)(0.5)));
  // All of 200 x 160 pixels but those under the frame.
  EXPECT_LE(inside, 200 * 160);
  EXPECT_GE(inside, 196 * 156);
  EXPECT_EQ(picture.pixel(0, 0), 0xFFFFFFU);
}

TEST(Panels, FirstRowIsOnTop) {
  const test::TemporaryFolder folder;
  Panel panel = velocity_panel(std::vector<float>{1500.0F, 4500.0F}, {.rows = 2, .columns = 1, .spacing = 10.0}, "");
  panel.color_bar = false;
  write_panels(folder / "map.png", {{panel}}, {});
  const test::Picture picture(folder / "map.png");
  const int x = picture.width() - 100;
  EXPECT_EQ(picture.pixel(x, 100), test::packed(ColorMap(Scale::kVelocity)(0.0)));
  EXPECT_EQ(picture.pixel(x, 300), test::packed(ColorMap(Scale::kVelocity)(1.0)));
}

TEST(Panels, SizeFollowsFromTheGrid) {
  const test::TemporaryFolder folder;
  const Panel panel = constant_panel(2000.0F);
  const FigureOptions options{.cell_width = 120.0, .cell_height = 90.0};
  write_panels(folder / "one.png", {{panel}}, options);
  write_panels(folder / "two.png", {{panel, panel}}, options);
  write_panels(folder / "four.png", {{panel, panel}, {panel, panel}}, options);
  const test::Picture one(folder / "one.png");
  const test::Picture two(folder / "two.png");
  const test::Picture four(folder / "four.png");
  EXPECT_EQ(one.height(), two.height());
  EXPECT_GE(two.width() - one.width(), 2 * 120);
  // The neighbour shares the vertical axis and the colour bar, so it adds the image and a gap alone.
  EXPECT_LE(two.width() - one.width(), 2 * 140);
  EXPECT_EQ(four.width(), two.width());
  EXPECT_GE(four.height() - two.height(), 2 * 90);
}

TEST(Panels, GatherOfManySamplesFitsItsCell) {
  const test::TemporaryFolder folder;
  std::vector<float> values(70000);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = k % 2 == 0 ? 1.0F : -1.0F;
  const Panel panel = gather_panel(values, {1000, 70, 0.001, 10.0}, "Gather, shot 1");
  EXPECT_EQ(panel.rows, 1000);
  EXPECT_EQ(panel.range.low, -panel.range.high);
  EXPECT_DOUBLE_EQ(panel.vertical.last, 1.0);
  EXPECT_DOUBLE_EQ(panel.horizontal.last, 700.0);
  write_panels(folder / "gather.png", {{panel}}, {.cell_width = 100.0, .cell_height = 100.0});
  EXPECT_LT(test::Picture(folder / "gather.png").height(), 400);
}

TEST(Panels, RaggedRowsWithAllLabelsAreDrawn) {
  const test::TemporaryFolder folder;
  Panel panel = constant_panel(2500.0F);
  panel.caption = "MAE 112 m/s, which is far too long for the line of the title";
  write_panels(folder / "grid.png", {{panel, panel, panel}, {panel}},
               {.title = "Title", .subtitle = "Subtitle", .row_labels = {"FlatVel-A", "Style-B"}});
  EXPECT_GT(test::Picture(folder / "grid.png").width(), 3 * 360);
}

TEST(Panels, BadPanelsAreRefusedAndLeaveNothingBehind) {
  const test::TemporaryFolder folder;
  const auto path = folder / "bad.png";
  Panel short_values = constant_panel(2000.0F);
  short_values.values.pop_back();
  EXPECT_THROW(write_panels(path, {{short_values}}), InputError);
  Panel broken = constant_panel(2000.0F);
  broken.values[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(write_panels(path, {{broken}}), InputError);
  Panel flat_range = constant_panel(2000.0F);
  flat_range.range.high = flat_range.range.low;
  EXPECT_THROW(write_panels(path, {{flat_range}}), InputError);
  Panel flat_axis = constant_panel(2000.0F);
  flat_axis.vertical.last = flat_axis.vertical.first;
  EXPECT_THROW(write_panels(path, {{flat_axis}}), InputError);
  EXPECT_THROW(write_panels(path, {}), UsageError);
  EXPECT_THROW(write_panels(path, {{}}), UsageError);
  EXPECT_THROW(write_panels(path, {{constant_panel(2000.0F)}}, {.row_labels = {"a", "b"}}), UsageError);
  EXPECT_THROW(write_panels(path, {{constant_panel(2000.0F)}}, {.cell_width = 0.0}), UsageError);
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

TEST(Panels, ErrorNamesThePanel) {
  const test::TemporaryFolder folder;
  Panel panel = constant_panel(2000.0F);
  panel.values.resize(48);
  try {
    write_panels(folder / "bad.png", {{panel}});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "panel 'True': expected 7 x 7 values, found 48");
  }
}

TEST(Panels, OverwriteOnlyWhereAllowed) {
  const test::TemporaryFolder folder;
  const auto path = folder / "map.png";
  std::ofstream(path) << "kept";
  EXPECT_THROW(write_panels(path, {{constant_panel(2000.0F)}}), IoError);
  EXPECT_EQ(read_text_file(path), "kept");
  write_panels(path, {{constant_panel(2000.0F)}}, {}, Overwrite::kAllow);
  EXPECT_GT(test::Picture(path).width(), 0);
  EXPECT_THROW(write_panels(folder / "missing" / "map.png", {{constant_panel(2000.0F)}}), IoError);
  EXPECT_EQ(test::count_entries(folder.path()), 1);
}

TEST(DifferencePanel, IsPredictionMinusTruth) {
  const std::vector<float> truth(49, 2000.0F);
  const std::vector<float> prediction(49, 2100.0F);
  const Panel panel = difference_panel(prediction, truth, kSmall, "Difference");
  EXPECT_FLOAT_EQ(panel.values.front(), 100.0F);
  EXPECT_DOUBLE_EQ(panel.range.high, 100.0);
  EXPECT_DOUBLE_EQ(difference_panel(prediction, truth, kSmall, "", 500.0).range.low, -500.0);
  EXPECT_THROW((void)difference_panel(std::vector<float>(48), truth, kSmall, ""), InputError);
}

TEST(SymmetricLimit, IgnoresAFewStrongValuesAndIsNeverZero) {
  std::vector<float> values(1000, -1.0F);
  values[3] = 1000.0F;
  EXPECT_DOUBLE_EQ(symmetric_limit(values, 0.99), 1.0);
  EXPECT_DOUBLE_EQ(symmetric_limit(values, 1.0), 1000.0);
  EXPECT_DOUBLE_EQ(symmetric_limit(std::vector<float>(10, 0.0F), 0.99), 1.0);
  EXPECT_DOUBLE_EQ(symmetric_limit(std::vector<float>{}, 0.99), 1.0);
  std::vector<float> sparse(1000, 0.0F);
  sparse[0] = -3.0F;
  EXPECT_DOUBLE_EQ(symmetric_limit(sparse, 0.5), 3.0);
}

TEST(ContactSheet, ShowsEveryMapInItsColor) {
  const test::TemporaryFolder folder;
  const SheetOptions options{.title = "Families", .shape = kSmall, .map_width = 50.0};
  const std::vector<SheetRow> rows = {{"FlatVel-A", {std::vector<float>(49, 1500.0F), std::vector<float>(49, 3000.0F)}},
                                      {"Style-B", {std::vector<float>(49, 4500.0F)}}};
  write_contact_sheet(folder / "sheet.png", rows, options);
  const test::Picture picture(folder / "sheet.png");
  for (const double unit : {0.0, 0.5, 1.0}) {
    EXPECT_GE(picture.count(test::packed(ColorMap(Scale::kVelocity)(unit))), 96 * 96);
  }
}

TEST(ContactSheet, RefusesBadRows) {
  const test::TemporaryFolder folder;
  const auto path = folder / "sheet.png";
  const std::vector<float> map(49, 2000.0F);
  const SheetOptions options{.shape = kSmall};
  EXPECT_THROW(write_contact_sheet(path, {}, options), UsageError);
  EXPECT_THROW(write_contact_sheet(path, {{"a", {}}}, options), UsageError);
  EXPECT_THROW(write_contact_sheet(path, {{"a", {map, std::vector<float>(48)}}}, options), InputError);
  const std::vector<float> broken(49, std::numeric_limits<float>::infinity());
  EXPECT_THROW(write_contact_sheet(path, {{"a", {broken}}}, options), InputError);
  EXPECT_THROW(write_contact_sheet(folder / "missing" / "a.png", {{"a", {map}}}, options), IoError);
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

}  // namespace
}  // namespace strataform::figures
