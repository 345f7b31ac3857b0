#include "strataform/figures/contact_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/figures/ticks.h"

namespace strataform::figures {
namespace {

constexpr double kMargin = 16.0;
constexpr double kLeastWidth = 240.0;
constexpr double kMapGap = 5.0;
constexpr double kLabelGap = 10.0;
constexpr double kFooterGap = 12.0;
constexpr double kFooterHeight = 24.0;
constexpr double kBarHeight = 8.0;
constexpr double kLongestBar = 200.0;
const TextStyle kLabel{.size = 10.0, .color = kInk, .above = 0.5};
const TextStyle kNote{.size = 8.0, .above = 0.5};

void check(const std::vector<SheetRow>& rows, const SheetOptions& options) {
  const MapShape& shape = options.shape;
  if (rows.empty()) throw UsageError("contact sheet: expected at least one row of maps");
  if (shape.rows < 1 || shape.columns < 1 || !(shape.spacing > 0.0) || !(options.map_width > 0.0)) {
    throw UsageError(fmt::format("contact sheet: expected positive sizes, found {} x {} values, {} m apart", shape.rows,
                                 shape.columns, shape.spacing));
  }
  if (options.range && !(options.range->low < options.range->high)) {
    throw UsageError(fmt::format("contact sheet: expected a colour range with low < high, found {} to {}",
                                 options.range->low, options.range->high));
  }
  const auto expected = static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns);
  for (const SheetRow& row : rows) {
    if (row.maps.empty())
      throw UsageError(fmt::format("contact sheet, row '{}': expected maps, found none", row.label));
    for (const auto& map : row.maps) {
      if (map.size() != expected) {
        throw InputError(fmt::format("contact sheet, row '{}': expected {} x {} values, found {}", row.label,
                                     shape.rows, shape.columns, map.size()));
      }
      if (!std::all_of(map.begin(), map.end(), [](float value) { return std::isfinite(value); })) {
        throw InputError(fmt::format("contact sheet, row '{}': expected finite values", row.label));
      }
    }
  }
}

std::string size_note(const MapShape& shape) {
  return fmt::format("each map: {} m wide, {} m deep", format_number(shape.columns * shape.spacing, 0),
                     format_number(shape.rows * shape.spacing, 0));
}

ColorRange range_of_all(const std::vector<SheetRow>& rows) {
  std::vector<float> ends;
  for (const SheetRow& row : rows) {
    for (const auto& map : row.maps) {
      const auto [low, high] = std::ranges::minmax(map);
      ends.insert(ends.end(), {low, high});
    }
  }
  return range_of(ends, Scale::kVelocity, "m/s");
}

}  // namespace

Canvas draw_contact_sheet(const std::vector<SheetRow>& rows, const SheetOptions& options, Format format) {
  check(rows, options);
  const MapShape& shape = options.shape;
  const ColorRange range = options.range.value_or(range_of_all(rows));
  const double map_height = options.map_width * shape.rows / shape.columns;
  double label_width = 0.0;
  std::size_t columns = 0;
  for (const SheetRow& row : rows) {
    label_width = std::max(label_width, text_width(row.label, kLabel));
    columns = std::max(columns, row.maps.size());
  }
  if (label_width > 0.0) label_width += kLabelGap;
  const double maps_width = static_cast<double>(columns) * (options.map_width + kMapGap) - kMapGap;
  const double row_height = std::max(map_height, label_width > 0.0 ? kLabel.size : 0.0);
  const double maps_height = static_cast<double>(rows.size()) * (row_height + kMapGap) - kMapGap;
  const double left = kMargin + label_width;
  const double right = left + maps_width;

  // The note stands left of the bar where both fit under the maps, else it is left out.
  const double unit_width = color_bar_label_width({0.0, 0.0, maps_width, kBarHeight}, range);
  const double bar_width = std::min(kLongestBar, std::max(maps_width - unit_width, maps_width / 2.0));
  const double width = std::max(right + kMargin, kLeastWidth);
  const Heading heading(options.title, options.subtitle, width - 2.0 * kMargin);
  Canvas canvas(width, 2.0 * kMargin + heading.height() + maps_height + kFooterGap + kFooterHeight, format);
  heading.draw(canvas, kMargin, kMargin);

  double y = kMargin + heading.height();
  for (const SheetRow& row : rows) {
    canvas.text(kMargin, y + map_height / 2.0, row.label, kLabel);
    double x = left;
    for (const auto& map : row.maps) {
      draw_image(canvas, {x, y, options.map_width, map_height}, map, shape.rows, shape.columns, range);
      x += options.map_width + kMapGap;
    }
    y += row_height + kMapGap;
  }
  const Box bar{right - unit_width - bar_width, y - kMapGap + kFooterGap, bar_width, kBarHeight};
  draw_color_bar(canvas, bar, range);
  const std::string note = size_note(shape);
  if (text_width(note, kNote) + 2.0 * kLabelGap < bar.x - left) {
    canvas.text(left, bar.y + kBarHeight / 2.0, note, kNote);
  }
  return canvas;
}

void write_contact_sheet(const std::filesystem::path& path, const std::vector<SheetRow>& rows,
                         const SheetOptions& options, Overwrite overwrite) {
  check_picture_path(path, overwrite);
  draw_contact_sheet(rows, options, format_of(path)).write(path, overwrite);
}

}  // namespace strataform::figures
