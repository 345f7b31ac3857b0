#include "strataform/figures/panel.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "labels.h"
#include "picture.h"
#include "strataform/core/error.h"
#include "strataform/figures/contact_sheet.h"
#include "strataform/figures/gather_panel.h"
#include "support/test_support.h"

namespace strataform::figures {
namespace {

constexpr MapShape kSmall{.rows = 7, .columns = 7, .spacing = 100.0};

Panel constant_panel(float value) { return velocity_panel(std::vector<float>(49, value), kSmall, "True"); }

TEST(Panels, ConstantPanelHasTheColorOfTheMap) {
  const test::TemporaryFolder folder;
  Panel panel = constant_panel(3000.0F);
  panel.color_bar = false;
  write_panels(folder / "map.png", {{panel}}, {.cell_size = 100.0});
  const test::Picture picture(folder / "map.png");
  const int inside = picture.count(test::packed(ColorMap(Scale::kVelocity)(0.5)));
  // All of 200 x 200 pixels but those under the frame.
  EXPECT_LE(inside, 200 * 200);
  EXPECT_GE(inside, 196 * 196);
  EXPECT_EQ(picture.pixel(0, 0), 0xFFFFFFU);
}

TEST(Panels, FirstRowIsOnTop) {
  const test::TemporaryFolder folder;
  Panel panel = velocity_panel(std::vector<float>{1500.0F, 1500.0F, 4500.0F, 4500.0F}, {2, 2, 10.0}, "");
  panel.color_bar = false;
  write_panels(folder / "map.png", {{panel}}, {});
  const test::Picture picture(folder / "map.png");
  EXPECT_EQ(picture.pixel(200, 100), test::packed(ColorMap(Scale::kVelocity)(0.0)));
  EXPECT_EQ(picture.pixel(200, 300), test::packed(ColorMap(Scale::kVelocity)(1.0)));
}

/// Width and height in pixels of what has a colour of the map's range, its frame included or not.
std::pair<int, int> drawn_size(const std::filesystem::path& path, float value, const MapShape& shape) {
  const auto cells = static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns);
  Panel panel = velocity_panel(std::vector<float>(cells, value), shape, "Map");
  panel.color_bar = false;
  write_panels(path, {{panel}}, {}, Overwrite::kAllow);
  const test::Picture picture(path);
  const std::uint32_t color = test::packed(ColorMap(Scale::kVelocity)(0.5));
  std::set<int> columns;
  std::set<int> rows;
  for (int y = 0; y < picture.height(); ++y) {
    for (int x = 0; x < picture.width(); ++x) {
      if (picture.pixel(x, y) != color) continue;
      columns.insert(x);
      rows.insert(y);
    }
  }
  return {static_cast<int>(columns.size()), static_cast<int>(rows.size())};
}

TEST(Panels, MapsAreToScale) {
  const test::TemporaryFolder folder;
  const auto ratio = [&](const MapShape& shape) {
    const auto [width, height] = drawn_size(folder / "map.png", 2000.0F, shape);
    return static_cast<double>(width) / height;
  };
  EXPECT_NEAR(ratio({70, 70, 10.0}), 1.0, 0.02);
  EXPECT_NEAR(ratio({100, 200, 10.0}), 2.0, 0.04) << "1000 m deep, 2000 m wide";
  EXPECT_NEAR(ratio({300, 100, 5.0}), 1.0 / 3.0, 0.02);
  EXPECT_NEAR(ratio({20, 400, 25.0}), 20.0, 1.0) << "a long line";
}

TEST(Panels, MapsOfOneFigureHaveOneScale) {
  const auto width_of = [](int columns) {
    const Panel square = velocity_panel(std::vector<float>(100 * 100, 2000.0F), {100, 100, 10.0}, "");
    const std::vector<float> values(static_cast<std::size_t>(100 * columns), 2000.0F);
    return draw_panels({{square, velocity_panel(values, {100, columns, 10.0}, "")}}, {.cell_size = 100.0}).width();
  };
  EXPECT_NEAR(width_of(100) - width_of(50), 50.0, 1.0) << "500 m of 1000 m in 100 points";
}

TEST(Panels, WhatIsComparedHasOneRange) {
  const test::TemporaryFolder folder;
  // 400 m/s is the lowest of the right map; on the left one it would be neither end of its own range.
  const Panel left = velocity_panel(std::vector<float>{600.0F, 600.0F, 500.0F, 500.0F}, {2, 2, 10.0}, "Left");
  const Panel right = velocity_panel(std::vector<float>{400.0F, 400.0F, 600.0F, 600.0F}, {2, 2, 10.0}, "Right");
  write_panels(folder / "maps.png", {{left, right}}, {.cell_size = 100.0});
  const test::Picture picture(folder / "maps.png");
  const ColorMap map(Scale::kVelocity);
  EXPECT_GE(picture.count(test::packed(map(1.0))), 2 * 190 * 95) << "600 m/s in both, half of each";
  EXPECT_GE(picture.count(test::packed(map(0.5))), 190 * 95) << "500 m/s";
  EXPECT_GE(picture.count(test::packed(map(0.0))), 190 * 95) << "400 m/s";
}

TEST(Panels, DifferencesHaveOneScaleForAllRows) {
  const std::vector<float> truth(49, 2000.0F);
  std::vector<std::vector<Panel>> grid;
  for (const float error : {20.0F, 300.0F}) {
    grid.push_back({difference_panel(std::vector<float>(49, 2000.0F + error), truth, kSmall)});
  }
  const test::TemporaryFolder folder;
  write_panels(folder / "differences.png", grid, {.cell_size = 100.0});
  const test::Picture picture(folder / "differences.png");
  const ColorMap map(Scale::kDiverging);
  EXPECT_GE(picture.count(test::packed(map(1.0))), 190 * 190) << "300 m/s";
  EXPECT_GE(picture.count(test::packed(map(0.5 + 0.5 * 20.0 / 300.0))), 190 * 190) << "20 m/s";
  EXPECT_TRUE(test::has_label(draw_panels(grid), "prediction \u2212 truth (m/s)"));
}

TEST(Panels, SizeFollowsFromTheGrid) {
  const Panel panel = constant_panel(2000.0F);
  const FigureOptions options{.cell_size = 100.0};
  const Canvas one = draw_panels({{panel}}, options);
  const Canvas two = draw_panels({{panel, panel, panel}}, options);
  const Canvas four = draw_panels({{panel, panel, panel}, {panel, panel, panel}}, options);
  EXPECT_EQ(one.height(), two.height());
  EXPECT_GE(two.width() - one.width(), 100.0);
  EXPECT_EQ(four.width(), two.width());
  EXPECT_GE(four.height() - two.height(), 100.0);
}

TEST(Panels, LabelsKeepClearOfEachOther) {
  // Long numbers, many panels, unlike extents, long names: all of it beside each other.
  const auto maps = [](int rows, int columns, double spacing) {
    std::vector<float> truth(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), 2000.0F);
    truth.front() = 123456.0F;
    const MapShape shape{rows, columns, spacing};
    Panel prediction = velocity_panel(truth, shape, "Prediction");
    prediction.caption = "MAE 1234 m/s";
    return std::vector<Panel>{velocity_panel(truth, shape, "True velocity"), prediction,
                              difference_panel(std::vector<float>(truth.size(), 0.0F), truth, shape)};
  };
  GatherShape shape{.samples = 100, .receivers = 24, .time_step = 0.004};
  for (int k = 0; k < 24; ++k) shape.receiver_x.push_back(12345.0 + 12.5 * k);
  shape.source_x = 12400.0;
  const Panel gather = gather_panel(std::vector<float>(2400, 1.0F), shape, "Gather of shot 12");
  for (const auto& [rows, columns, spacing] : std::vector<std::tuple<int, int, double>>{
           {70, 70, 10.0}, {100, 200, 100.0}, {60, 800, 25.0}, {400, 50, 12.5}, {8, 900, 20.0}}) {
    std::vector<Panel> row = maps(rows, columns, spacing);
    const FigureOptions options{.title = "A title of the figure that is longer than a small one is wide",
                                .row_labels = {"CurveFault-B", "Style-A, which has a long name"}};
    const std::string size = std::to_string(rows) + " x " + std::to_string(columns);
    EXPECT_EQ(test::unreadable_labels(draw_panels({row, row}, options)), std::vector<std::string>{}) << size;
    row.insert(row.begin(), gather);
    EXPECT_EQ(test::unreadable_labels(draw_panels({row, row}, options)), std::vector<std::string>{}) << size;
    EXPECT_EQ(test::unreadable_labels(draw_panels({row, maps(70, 70, 10.0)})), std::vector<std::string>{}) << size;
  }
}

TEST(Panels, EveryFormatIsWrittenTheSameAgain) {
  const test::TemporaryFolder folder;
  const Panel panel = constant_panel(2000.0F);
  const std::pair<const char*, const char*> formats[] = {{"png", "\x89PNG"}, {"svg", "<?xml"}, {"pdf", "%PDF-1"}};
  for (const auto& [ending, first_bytes] : formats) {
    const auto once = folder / (std::string("one.") + ending);
    const auto again = folder / (std::string("two.") + ending);
    write_panels(once, {{panel, panel}}, {.title = "Title"});
    (void)draw_panels({{panel}}, {}, Format::kSvg);  // what was drawn before does not matter
    write_panels(again, {{panel, panel}}, {.title = "Title"});
    const std::string bytes = read_text_file(once);
    EXPECT_TRUE(bytes.starts_with(first_bytes)) << ending;
    EXPECT_EQ(read_text_file(again), bytes) << ending;
    EXPECT_EQ(bytes.find("Date"), std::string::npos) << ending;
  }
  write_panels(folder / "CAPITALS.PDF", {{panel}});
  EXPECT_TRUE(read_text_file(folder / "CAPITALS.PDF").starts_with("%PDF"));
  for (const char* name : {"picture.jpg", "picture", "png"}) {
    EXPECT_THROW(write_panels(folder / name, {{panel}}), UsageError) << name;
  }
  EXPECT_EQ(test::count_entries(folder.path()), 7);
}

TEST(Panels, RaggedRowsWithAllLabelsAreDrawn) {
  Panel panel = constant_panel(2500.0F);
  panel.caption = "MAE 112 m/s, which is far too long for the line of the title";
  const Canvas canvas = draw_panels({{panel, panel, panel}, {panel}},
                                    {.title = "Title", .subtitle = "Subtitle", .row_labels = {"FlatVel-A", "Style-B"}});
  EXPECT_GT(canvas.width(), 3 * 180.0);
  EXPECT_EQ(test::unreadable_labels(canvas), std::vector<std::string>{});
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
  EXPECT_THROW(write_panels(path, {{constant_panel(2000.0F)}}, {.cell_size = 0.0}), UsageError);
  EXPECT_THROW(write_panels(folder / "bad.gif", {{constant_panel(2000.0F)}}), UsageError);
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

TEST(VelocityPanel, HasTheRangeOfItsValues) {
  const Panel panel = velocity_panel(std::vector<float>{250.0F, 1650.0F, 400.0F, 900.0F}, {2, 2, 1.0}, "Near surface");
  EXPECT_DOUBLE_EQ(panel.range.low, 250.0);
  EXPECT_DOUBLE_EQ(panel.range.high, 1650.0);
  const Panel flat = constant_panel(2000.0F);
  EXPECT_LT(flat.range.low, 2000.0);
  EXPECT_GT(flat.range.high, 2000.0);
}

TEST(DifferencePanel, IsPredictionMinusTruth) {
  const std::vector<float> truth(49, 2000.0F);
  const std::vector<float> prediction(49, 2100.0F);
  const Panel panel = difference_panel(prediction, truth, kSmall);
  EXPECT_FLOAT_EQ(panel.values.front(), 100.0F);
  EXPECT_DOUBLE_EQ(panel.range.high, 100.0);
  EXPECT_DOUBLE_EQ(panel.range.low, -100.0);
  EXPECT_THROW((void)difference_panel(std::vector<float>(48), truth, kSmall), InputError);
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
  SheetOptions options{.title = "Families", .shape = kSmall, .map_width = 50.0};
  const std::vector<SheetRow> rows = {{"FlatVel-A", {std::vector<float>(49, 1500.0F), std::vector<float>(49, 3000.0F)}},
                                      {"Style-B", {std::vector<float>(49, 4500.0F)}}};
  write_contact_sheet(folder / "sheet.png", rows, options);
  const test::Picture picture(folder / "sheet.png");
  for (const double unit : {0.0, 0.5, 1.0}) {
    EXPECT_GE(picture.count(test::packed(ColorMap(Scale::kVelocity)(unit))), 96 * 96);
  }
}

TEST(ContactSheet, LabelsKeepClearOfEachOther) {
  const MapShape flat{.rows = 5, .columns = 500, .spacing = 12.5};
  const std::vector<float> map(2500, 2000.0F);
  const SheetOptions options{.title = "Generated velocity maps", .shape = flat};
  EXPECT_EQ(test::unreadable_labels(draw_contact_sheet({{"A", {map}}, {"CurveFault-B", {map}}}, options)),
            std::vector<std::string>{});
  EXPECT_EQ(test::unreadable_labels(draw_contact_sheet({{"A", {map, map, map, map, map}}}, options)),
            std::vector<std::string>{});
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
