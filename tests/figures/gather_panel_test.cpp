#include "strataform/figures/gather_panel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "picture.h"
#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::figures {
namespace {

GatherShape small_gather() {
  return {.samples = 10, .receivers = 3, .time_step = 0.1, .receiver_x = {0.0, 50.0, 100.0}, .source_x = 25.0};
}

TEST(GatherPanel, MultipliesByAPowerOfTheTime) {
  const std::vector<float> ones(30, 1.0F);
  const Panel plain = gather_panel(ones, small_gather(), "Gather", 0.0);
  EXPECT_FLOAT_EQ(plain.values.front(), 1.0F);
  EXPECT_FLOAT_EQ(plain.values.back(), 1.0F);
  const Panel squared = gather_panel(ones, small_gather(), "Gather", 2.0);
  EXPECT_FLOAT_EQ(squared.values.front(), 0.01F) << "0.1 s";
  EXPECT_FLOAT_EQ(squared.values.back(), 1.0F) << "1 s";
  EXPECT_NE(squared.range.unit, plain.range.unit) << "it says so";
  EXPECT_EQ(squared.range.low, -squared.range.high);
}

TEST(GatherPanel, MarksSourceAndReceiversOnTheAxis) {
  const Panel panel = gather_panel(std::vector<float>(30, 1.0F), small_gather(), "Gather");
  EXPECT_DOUBLE_EQ(panel.horizontal.first, -25.0) << "half a distance to the left of the first trace";
  EXPECT_DOUBLE_EQ(panel.horizontal.last, 125.0);
  EXPECT_DOUBLE_EQ(panel.vertical.last, 1.0);
  std::vector<double> receivers;
  for (const Marker& marker : panel.markers) {
    if (marker.kind == Marker::Kind::kReceiver) receivers.push_back(marker.at);
    if (marker.kind == Marker::Kind::kSource) {
      EXPECT_DOUBLE_EQ(marker.at, 25.0);
    }
  }
  EXPECT_EQ(receivers, (std::vector<double>{0.0, 50.0, 100.0}));
  EXPECT_EQ(panel.markers.size(), 4);
}

TEST(GatherPanel, UnevenReceiversStandOverTheirNumbers) {
  GatherShape shape = small_gather();
  shape.receiver_x = {0.0, 50.0, 200.0};
  shape.source_x = 125.0;
  const Panel panel = gather_panel(std::vector<float>(30, 1.0F), shape, "Gather");
  EXPECT_EQ(panel.horizontal, (Axis{"trace", 0.5, 3.5}));
  EXPECT_DOUBLE_EQ(panel.markers.back().at, 2.5) << "midway between the second and the third";
}

TEST(GatherPanel, SaysWhereASourceOutsideTheSpreadIs) {
  GatherShape shape = small_gather();
  shape.source_x = -150.0;
  const Panel panel = gather_panel(std::vector<float>(30, 1.0F), shape, "Gather");
  EXPECT_EQ(panel.markers.size(), 3);
  EXPECT_NE(panel.caption.find("150 m"), std::string::npos) << panel.caption;
}

TEST(GatherPanel, WithoutPlacesNothingIsMarked) {
  const Panel panel = gather_panel(std::vector<float>(30, 1.0F), {.samples = 10, .receivers = 3, .time_step = 0.1}, "");
  EXPECT_TRUE(panel.markers.empty());
  EXPECT_EQ(panel.horizontal.label, "trace");
}

TEST(GatherPanel, TheSourceIsDrawnAboveTheImage) {
  const test::TemporaryFolder folder;
  GatherShape shape = small_gather();
  shape.source_x = 50.0;
  const std::vector<float> zeros(30, 0.0F);
  write_panels(folder / "marked.png", {{gather_panel(zeros, shape, "Gather")}});
  shape.source_x.reset();
  write_panels(folder / "unmarked.png", {{gather_panel(zeros, shape, "Gather")}});
  const auto reddish = [](const test::Picture& picture) {
    int count = 0;
    for (int y = 0; y < picture.height() / 3; ++y) {
      for (int x = 0; x < picture.width() / 2 + 60; ++x) {
        const std::uint32_t pixel = picture.pixel(x, y);
        if ((pixel >> 16U) > 0xA0U && (pixel & 0xFFU) < 0x40U) ++count;
      }
    }
    return count;
  };
  EXPECT_GT(reddish(test::Picture(folder / "marked.png")), 30);
  EXPECT_EQ(reddish(test::Picture(folder / "unmarked.png")), 0);
}

TEST(GatherPanel, ManySamplesFitTheirCell) {
  std::vector<float> values(70000);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = k % 2 == 0 ? 1.0F : -1.0F;
  const Panel panel = gather_panel(values, {.samples = 1000, .receivers = 70, .time_step = 0.001}, "Gather");
  EXPECT_LT(draw_panels({{panel}}, {.cell_size = 100.0}).height(), 200.0);
}

TEST(GatherPanel, RefusesWhatDoesNotFit) {
  EXPECT_THROW((void)gather_panel(std::vector<float>(29), small_gather(), "Gather"), InputError);
  GatherShape shape = small_gather();
  shape.receiver_x.pop_back();
  EXPECT_THROW((void)gather_panel(std::vector<float>(30), shape, "Gather"), InputError);
}

}  // namespace
}  // namespace strataform::figures
