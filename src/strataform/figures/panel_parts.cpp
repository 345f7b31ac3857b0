#include "strataform/figures/panel_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "strataform/figures/axis_ticks.h"

namespace strataform::figures {
namespace {

constexpr double kTickLength = 3.0;
constexpr double kTickGap = 2.5;
constexpr double kLabelGap = 6.0;
constexpr double kTitleGap = 5.0;
constexpr double kBarGap = 7.0;
constexpr double kBarWidth = 8.0;
constexpr double kLeastBarHeight = 48.0;
constexpr double kXTickDistance = 44.0;
constexpr double kYTickDistance = 32.0;
constexpr double kMarkerHeight = 8.0;
constexpr Rgb kSourceColor{0.75, 0.22, 0.10};
const TextStyle kTitle{.size = 10.0, .color = kInk};
const TextStyle kCaption{.size = 9.0};
const TextStyle kLabel{.size = 9.0};
const TextStyle kTick{.size = 8.0};

AxisLine line_of(const Axis& axis, double length, bool horizontal) {
  return {axis.first, axis.last, length, horizontal};
}

Ticks x_ticks(const Axis& axis, double length) {
  return fitting_ticks(line_of(axis, length, true), kXTickDistance, kTick);
}

Ticks y_ticks(const Axis& axis, double length) {
  return fitting_ticks(line_of(axis, length, false), kYTickDistance, kTick);
}

double height_of_name(const Axis& axis) { return axis.label.empty() ? 0.0 : kLabelGap + kLabel.size; }

Box bar_box(const Box& image) {
  return {image.right() + kBarGap, image.y, kBarWidth, std::max(image.height, kLeastBarHeight)};
}

// Over the image, and beside it where the cell is wider.
void draw_titles(Canvas& canvas, const Panel& panel, const PanelParts& parts, const Box& box) {
  const double baseline = box.y - kTitleGap - (parts.markers_below ? kMarkerHeight : 0.0);
  const double line = parts.caption_below ? kCaption.size + kTitleGap : 0.0;
  canvas.text(box.x, baseline - line, shorten(panel.title, kTitle, parts.title_width), kTitle);
  TextStyle style = kCaption;
  style.across = parts.caption_below ? 0.0 : 1.0;
  const std::string caption = shorten(panel.caption, kCaption, parts.caption_below ? parts.title_width : box.width);
  canvas.text(box.x + style.across * box.width, baseline, caption, style);
}

void draw_star(Canvas& canvas, double x, double y) {
  constexpr double kOuter = 5.0;
  constexpr double kInner = 2.1;
  constexpr int kCorners = 10;
  std::array<double, kCorners> xs{};
  std::array<double, kCorners> ys{};
  for (int k = 0; k < kCorners; ++k) {
    const double angle = std::numbers::pi * (0.2 * k - 0.5);
    const double radius = k % 2 == 0 ? kOuter : kInner;
    xs[static_cast<std::size_t>(k)] = x + radius * std::cos(angle);
    ys[static_cast<std::size_t>(k)] = y + radius * std::sin(angle);
  }
  canvas.disc(x, y, kOuter + 0.6, {1.0, 1.0, 1.0});
  canvas.polygon(xs, ys, kSourceColor);
}

// Receivers point to their traces; the source is a star among them.
void draw_markers(Canvas& canvas, const Panel& panel, const Box& box) {
  const AxisLine line = line_of(panel.horizontal, box.width, true);
  const auto receivers = static_cast<double>(panel.markers.size());
  const double half = std::clamp(0.4 * box.width / std::max(receivers, 1.0), 0.4, 2.2);
  for (const Marker& marker : panel.markers) {
    if (marker.kind != Marker::Kind::kReceiver) continue;
    const double x = box.x + line.place(marker.at);
    const double xs[] = {x - half, x + half, x};
    const double ys[] = {box.y - 4.4, box.y - 4.4, box.y - 1.0};
    canvas.polygon(xs, ys, kSoftInk);
  }
  for (const Marker& marker : panel.markers) {
    if (marker.kind == Marker::Kind::kSource) draw_star(canvas, box.x + line.place(marker.at), box.y - 3.6);
  }
}

void draw_horizontal_axis(Canvas& canvas, const Axis& axis, const Box& box, bool labelled) {
  const Ticks ticks = x_ticks(axis, box.width);
  TextStyle style = kTick;
  style.across = 0.5;
  style.above = 1.0;
  const double label_y = box.bottom() + kTickLength + kTickGap;
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const double x = box.x + line_of(axis, box.width, true).place(ticks.values[k]);
    canvas.line(x, box.bottom(), x, box.bottom() + kTickLength, kFrame);
    if (labelled) canvas.text(x, label_y, ticks.labels[k], style);
  }
  style.size = kLabel.size;
  if (labelled) canvas.text(box.x + box.width / 2.0, label_y + kTick.size + kLabelGap, axis.label, style);
}

void draw_vertical_axis(Canvas& canvas, const Axis& axis, const Box& box, bool labelled) {
  const Ticks ticks = y_ticks(axis, box.height);
  TextStyle style = kTick;
  style.across = 1.0;
  style.above = 0.5;
  const double label_x = box.x - kTickLength - kTickGap;
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const double y = box.y + line_of(axis, box.height, false).place(ticks.values[k]);
    canvas.line(box.x - kTickLength, y, box.x, y, kFrame);
    if (labelled) canvas.text(label_x, y, ticks.labels[k], style);
  }
  if (!labelled) return;
  TextStyle name = kLabel;
  name.upwards = true;
  // In the middle of the image, or from its top on down where it is longer.
  const double length = text_width(axis.label, name);
  const double lower_end = box.y + std::max(0.5 * (box.height + length), length);
  canvas.text(label_x - widest(ticks.labels, kTick) - kLabelGap, lower_end, axis.label, name);
}

}  // namespace

bool is_caption_too_long(const Panel& panel, const Size& image) {
  if (panel.title.empty() || panel.caption.empty()) return false;
  return text_width(panel.title, kTitle) + 2.0 * kLabelGap + text_width(panel.caption, kCaption) > image.width;
}

Size least_cell(const Panel& panel, const PanelParts& parts, double longest_title) {
  Size cell = parts.image;
  cell.width = std::max(cell.width, std::min(text_width(panel.title, kTitle), longest_title));
  if (parts.vertical_labels) cell.height = std::max(cell.height, text_width(panel.vertical.label, kLabel));
  if (parts.color_bar) cell.height = std::max({cell.height, kLeastBarHeight, color_bar_unit_length(panel.range)});
  return cell;
}

Margins margins_of(const Panel& panel, const PanelParts& parts) {
  Margins margins;
  const Size& image = parts.image;
  if (parts.vertical_labels) {
    const double labels = widest(y_ticks(panel.vertical, image.height).labels, kTick);
    margins.left = kTickLength + kTickGap + labels + height_of_name(panel.vertical);
  }
  if (parts.horizontal_labels) {
    const AxisLine line = line_of(panel.horizontal, image.width, true);
    const Overhang ticks = overhang(line, x_ticks(panel.horizontal, image.width), kTick);
    const double name = 0.5 * (text_width(panel.horizontal.label, kLabel) - image.width);
    margins.left = std::max({margins.left, ticks.left, name});
    margins.right = std::max({ticks.right, name, 0.0});
    margins.bottom = kTickLength + kTickGap + kTick.size + height_of_name(panel.horizontal);
  }
  if (parts.color_bar) {
    const Box bar = bar_box({0.0, 0.0, image.width, image.height});
    margins.right = std::max(margins.right, bar.right() - image.width + color_bar_label_width(bar, panel.range));
  }
  if (!panel.title.empty() || !panel.caption.empty()) margins.top = kTitle.size + kTitleGap;
  if (parts.caption_below) margins.top += kCaption.size + kTitleGap;
  if (parts.markers_below) margins.top += kMarkerHeight;
  return margins;
}

void draw_panel(Canvas& canvas, const Panel& panel, const PanelParts& parts, double x, double y) {
  const Box box{x, y, parts.image.width, parts.image.height};
  draw_image(canvas, box, panel.values, panel.rows, panel.columns, panel.range);
  draw_titles(canvas, panel, parts, box);
  draw_markers(canvas, panel, box);
  draw_horizontal_axis(canvas, panel.horizontal, box, parts.horizontal_labels);
  draw_vertical_axis(canvas, panel.vertical, box, parts.vertical_labels);
  if (parts.color_bar) draw_color_bar(canvas, bar_box(box), panel.range);
}

}  // namespace strataform::figures
