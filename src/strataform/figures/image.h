#pragma once

#include <span>
#include <string>
#include <vector>

#include "strataform/figures/canvas.h"
#include "strataform/figures/color_map.h"

namespace strataform::figures {

/// How values become colours: low and high are the values at the ends of the map.
struct ColorRange {
  Scale scale = Scale::kVelocity;
  double low = 0.0;
  double high = 1.0;
  std::string unit{};  ///< written beside the colour bar

  friend bool operator==(const ColorRange&, const ColorRange&) = default;
};

/// The mean of a piecewise constant image (rows x columns, row-major) over each cell of a grid of
/// target_rows x target_columns: it neither aliases a fine image nor blurs a coarse one.
[[nodiscard]] std::vector<float> resample(std::span<const float> values, int rows, int columns, int target_rows,
                                          int target_columns);

/// values (rows x columns, row-major) as colours stretched over box, with a thin frame.
void draw_image(Canvas& canvas, const Box& box, std::span<const float> values, int rows, int columns,
                const ColorRange& range);

/// The colours of range in box with ticks, right of a high box and under a wide one, and the unit at its right.
void draw_color_bar(Canvas& canvas, const Box& box, const ColorRange& range);
/// The space that labels take right of a colour bar.
[[nodiscard]] double color_bar_label_width(const Box& box, const ColorRange& range);
/// The length of the unit that is written along a high bar.
[[nodiscard]] double color_bar_unit_length(const ColorRange& range);

/// The smallest and the largest value. Around a single one there is some room, so that low < high.
[[nodiscard]] ColorRange range_of(std::span<const float> values, Scale scale, std::string unit);

}  // namespace strataform::figures
