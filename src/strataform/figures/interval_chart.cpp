#include "strataform/figures/interval_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/figures/axis_ticks.h"

namespace strataform::figures {
namespace {

constexpr double kMargin = 16.0;
constexpr double kColumnGap = 12.0;
constexpr double kRowHeight = 15.0;
constexpr double kTitleHeight = 20.0;
constexpr double kTickLength = 3.0;
constexpr double kTickGap = 3.0;
constexpr double kLabelGap = 7.0;
constexpr double kGroupGap = 14.0;
constexpr double kTickDistance = 44.0;
constexpr double kLongestLabel = 430.0;
constexpr Rgb kShade{0.93, 0.96, 0.94};
const TextStyle kTitle{.size = 10.0, .bold = true, .color = kInk};
const TextStyle kLabel{.size = 9.0, .color = kInk, .above = 0.5};
const TextStyle kNote{.size = 9.0, .above = 0.5};
const TextStyle kTick{.size = 8.0, .across = 0.5, .above = 1.0};
const TextStyle kAxisLabel{.size = 9.0, .across = 0.5};

Rgb color_of(Tone tone) {
  if (tone == Tone::kGood) return from_oklch(0.55, 0.11, 165.0);
  if (tone == Tone::kBad) return from_oklch(0.52, 0.17, 28.0);
  return from_oklch(0.55, 0.02, 260.0);
}

void check(const std::vector<IntervalGroup>& groups, const IntervalChartOptions& options) {
  const auto is_empty = [](const IntervalGroup& group) { return group.rows.empty(); };
  if (groups.empty() || std::ranges::any_of(groups, is_empty)) {
    throw UsageError("interval chart: expected groups with at least one row");
  }
  if (!(options.width > 0.0)) {
    throw UsageError(fmt::format("interval chart: expected a positive width, found {}", options.width));
  }
  for (const IntervalGroup& group : groups) {
    for (const Interval& row : group.rows) {
      for (const double value : {row.value.value_or(0.0), row.limit.value_or(0.0)}) {
        if (!std::isfinite(value)) {
          throw InputError(fmt::format("row '{}': expected finite values, found {}", row.label, value));
        }
      }
    }
  }
}

double half_of(const Interval& row) { return std::isfinite(row.half_width) ? row.half_width : 0.0; }

AxisLine axis_of(const IntervalGroup& group, double width) {
  double low = 0.0;
  double high = 0.0;
  for (const Interval& row : group.rows) {
    const double value = row.value.value_or(0.0);
    low = std::min({low, value - half_of(row), row.limit.value_or(0.0)});
    high = std::max({high, value + half_of(row), row.limit.value_or(0.0)});
  }
  const double room = high > low ? 0.06 * (high - low) : 1.0;
  return {low - room, high + room, width, true};
}

// The columns of the chart: names, plots, notes.
struct Columns {
  double names = 0.0;
  double notes = 0.0;
  double overhang = 0.0;  ///< of tick labels beyond the plot
};

Columns measure(const std::vector<IntervalGroup>& groups, double width) {
  Columns columns;
  for (const IntervalGroup& group : groups) {
    const AxisLine axis = axis_of(group, width);
    const Overhang beyond = overhang(axis, fitting_ticks(axis, kTickDistance, kTick), kTick);
    columns.overhang = std::max({columns.overhang, beyond.left, beyond.right});
    for (const Interval& row : group.rows) {
      columns.names = std::max(columns.names, std::min(text_width(row.label, kLabel), kLongestLabel));
      columns.notes = std::max(columns.notes, text_width(row.note, kNote));
    }
  }
  return columns;
}

double height_of(const IntervalGroup& group) {
  const double title = group.title.empty() ? 0.0 : kTitleHeight;
  return title + kRowHeight * static_cast<double>(group.rows.size()) + kTickLength + kTickGap + kTick.size;
}

void draw_row(Canvas& canvas, const Interval& row, const Box& box, const AxisLine& axis, bool shade_below) {
  const double middle = box.y + 0.5 * box.height;
  const Rgb color = color_of(row.tone);
  if (row.limit) {
    const double limit = box.x + axis.place(*row.limit);
    if (shade_below) canvas.fill({box.x, box.y, limit - box.x, box.height}, kShade);
    canvas.line(limit, box.y, limit, box.bottom(), kSoftInk, 1.0);
  }
  if (!row.value) return;
  const double x = box.x + axis.place(*row.value);
  if (half_of(row) > 0.0) {
    constexpr double kCap = 3.0;
    for (const double end : {-1.0, 1.0}) {
      const double at = box.x + axis.place(*row.value + end * half_of(row));
      canvas.line(at, middle - kCap, at, middle + kCap, color, 1.2);
      canvas.line(x, middle, at, middle, color, 1.6);
    }
  }
  canvas.disc(x, middle, 3.0, color);
}

void draw_axis(Canvas& canvas, const Box& plot, const AxisLine& axis) {
  const Ticks ticks = fitting_ticks(axis, kTickDistance, kTick);
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const double x = plot.x + axis.place(ticks.values[k]);
    canvas.line(x, plot.bottom(), x, plot.bottom() + kTickLength, kFrame);
    canvas.text(x, plot.bottom() + kTickLength + kTickGap, ticks.labels[k], kTick);
  }
  canvas.line(plot.x, plot.bottom(), plot.right(), plot.bottom(), kFrame);
}

void draw_group(Canvas& canvas, const IntervalGroup& group, const Box& plot, const Columns& columns, bool shade_below) {
  const AxisLine axis = axis_of(group, plot.width);
  for (std::size_t k = 0; k < group.rows.size(); ++k) {
    const Interval& row = group.rows[k];
    const Box box{plot.x, plot.y + static_cast<double>(k) * kRowHeight, plot.width, kRowHeight};
    const double middle = box.y + 0.5 * box.height;
    draw_row(canvas, row, box, axis, shade_below);
    canvas.text(kMargin, middle, shorten(row.label, kLabel, columns.names), kLabel);
    canvas.text(plot.right() + kColumnGap + columns.overhang, middle, row.note, kNote);
  }
  draw_axis(canvas, plot, axis);
}

}  // namespace

Canvas draw_interval_chart(const std::vector<IntervalGroup>& groups, const IntervalChartOptions& options,
                           Format format) {
  check(groups, options);
  const Columns columns = measure(groups, options.width);
  const double left = kMargin + columns.names + kColumnGap + columns.overhang;
  const double right = left + options.width + columns.overhang + kColumnGap + columns.notes;
  const Heading heading(options.title, options.subtitle, right - kMargin);
  double height = kMargin + heading.height() + kGroupGap * static_cast<double>(groups.size() - 1);
  for (const IntervalGroup& group : groups) height += height_of(group);
  const double under = options.x_label.empty() ? 0.0 : kLabelGap + kAxisLabel.size;
  Canvas canvas(right + kMargin, height + under + kMargin, format);

  heading.draw(canvas, kMargin, kMargin);
  double y = kMargin + heading.height();
  for (const IntervalGroup& group : groups) {
    const double title = group.title.empty() ? 0.0 : kTitleHeight;
    canvas.text(kMargin, y + kTitle.size, shorten(group.title, kTitle, right - kMargin), kTitle);
    const double rows = kRowHeight * static_cast<double>(group.rows.size());
    draw_group(canvas, group, {left, y + title, options.width, rows}, columns, options.shade_below);
    y += height_of(group) + kGroupGap;
  }
  canvas.text(left + 0.5 * options.width, height + under, options.x_label, kAxisLabel);
  return canvas;
}

void write_interval_chart(const std::filesystem::path& path, const std::vector<IntervalGroup>& groups,
                          const IntervalChartOptions& options, Overwrite overwrite) {
  check_picture_path(path, overwrite);
  draw_interval_chart(groups, options, format_of(path)).write(path, overwrite);
}

}  // namespace strataform::figures
