#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/figures/axis_ticks.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/legend.h"

namespace strataform::figures {
namespace {

constexpr double kMargin = 16.0;
constexpr double kTickLength = 3.0;
constexpr double kTickGap = 3.0;
constexpr double kLabelGap = 7.0;
constexpr double kXTickDistance = 60.0;
constexpr double kYTickDistance = 40.0;
constexpr std::size_t kMostMarks = 24;
constexpr std::size_t kFewestTicks = 3;  // of a logarithmic axis; with fewer it has those of a linear one
const TextStyle kTick{.size = 8.0};
const TextStyle kLabel{.size = 9.0};

Rgb series_color(std::size_t index) {
  // Neighbours differ in lightness as well as in hue, so that they are told apart without colour vision too.
  static const std::array<Rgb, 10> colors = {from_oklch(0.50, 0.14, 258.0), from_oklch(0.70, 0.15, 55.0),
                                             from_oklch(0.58, 0.10, 185.0), from_oklch(0.48, 0.16, 355.0),
                                             from_oklch(0.74, 0.12, 110.0), from_oklch(0.42, 0.13, 300.0),
                                             from_oklch(0.66, 0.01, 260.0), from_oklch(0.36, 0.06, 60.0),
                                             from_oklch(0.80, 0.10, 225.0), from_oklch(0.55, 0.19, 28.0)};
  return colors[index % colors.size()];
}

struct Range {
  double low;
  double high;

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

double half_width_at(const Series& series, std::size_t point) {
  const double half = series.half_width.empty() ? 0.0 : series.half_width[point];
  return std::isfinite(half) ? half : 0.0;
}

Range x_range(const std::vector<Series>& series) {
  Range range{series.front().x.front(), series.front().x.front()};
  for (const Series& one : series) {
    for (const double x : one.x) range.include(x);
  }
  return range;
}

/// Error bars belong to it, unless a logarithmic axis cannot show them.
Range y_range(const std::vector<Series>& series, bool logarithmic) {
  Range range{series.front().y.front(), series.front().y.front()};
  for (const Series& one : series) {
    for (std::size_t k = 0; k < one.y.size(); ++k) {
      const double low = one.y[k] - half_width_at(one, k);
      range.include(logarithmic && low <= 0.0 ? one.y[k] : low);
      range.include(one.y[k] + half_width_at(one, k));
    }
  }
  return range;
}

// Some room at both ends; without negative values it does not begin below zero.
Range padded(const Range& range, bool logarithmic, double room) {
  if (logarithmic) {
    const double factor = range.low == range.high ? 2.0 : std::pow(range.high / range.low, room);
    return {range.low / factor, range.high * factor};
  }
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  const double constant_room = size > 0.0 ? 0.1 * size : 1.0;
  const double added = range.low == range.high ? constant_room : room * (range.high - range.low);
  const double low = range.low - added;
  return {range.low >= 0.0 ? std::max(low, 0.0) : low, range.high + added};
}

// One direction of the plot: its ticks and the map from values to parts of its length.
class ChartAxis {
 public:
  ChartAxis(const Range& range, bool logarithmic, double length, bool horizontal)
      : range_(range), logarithmic_(logarithmic), length_(length), horizontal_(horizontal) {
    if (logarithmic) ticks_ = thinned(log_ticks(range.low, range.high));
    if (ticks_.values.size() < kFewestTicks) {
      const double distance = horizontal ? kXTickDistance : kYTickDistance;
      ticks_ = thinned(fitting_ticks({range.low, range.high, length, horizontal}, distance, kTick));
    }
  }

  [[nodiscard]] double part(double value) const {
    if (logarithmic_) return std::log(value / range_.low) / std::log(range_.high / range_.low);
    return (value - range_.low) / (range_.high - range_.low);
  }
  [[nodiscard]] const Ticks& ticks() const { return ticks_; }
  /// How far the last label reaches beyond the end of a horizontal axis.
  [[nodiscard]] double reach() const {
    if (ticks_.values.empty()) return 0.0;
    return 0.5 * text_width(ticks_.labels.back(), kTick) - (1.0 - part(ticks_.values.back())) * length_;
  }

 private:
  [[nodiscard]] bool keep_clear(const Ticks& ticks) const {
    constexpr double kClearance = 5.0;
    for (std::size_t k = 1; k < ticks.values.size(); ++k) {
      const double apart = (part(ticks.values[k]) - part(ticks.values[k - 1])) * length_;
      const double sizes = horizontal_
                               ? 0.5 * (text_width(ticks.labels[k - 1], kTick) + text_width(ticks.labels[k], kTick))
                               : kTick.size;
      if (apart < sizes + kClearance) return false;
    }
    return true;
  }

  // Every second one is left out until the rest keeps clear.
  [[nodiscard]] Ticks thinned(Ticks ticks) const {
    while (ticks.values.size() > 1 && !keep_clear(ticks)) {
      Ticks fewer;
      for (std::size_t k = 0; k < ticks.values.size(); k += 2) {
        fewer.values.push_back(ticks.values[k]);
        fewer.labels.push_back(ticks.labels[k]);
      }
      ticks = std::move(fewer);
    }
    return ticks;
  }

  Range range_;
  bool logarithmic_;
  double length_;
  bool horizontal_;
  Ticks ticks_;
};

void check_values(const Series& series, const std::vector<double>& values, bool logarithmic) {
  for (const double value : values) {
    if (!std::isfinite(value) || (logarithmic && value <= 0.0)) {
      throw InputError(fmt::format("series '{}': expected {} values, found {}", series.label,
                                   logarithmic ? "finite, positive" : "finite", value));
    }
  }
}

void check(const std::vector<Series>& all, const LineChartOptions& options) {
  if (all.empty()) throw UsageError("line chart: expected at least one series");
  if (!(options.width > 0.0) || !(options.height > 0.0)) {
    throw UsageError(fmt::format("line chart: expected a positive size, found {} x {}", options.width, options.height));
  }
  for (const Series& series : all) {
    if (series.x.empty() || series.x.size() != series.y.size()) {
      throw InputError(fmt::format("series '{}': expected as many x as y, at least one, found {} and {}", series.label,
                                   series.x.size(), series.y.size()));
    }
    if (!series.half_width.empty() && series.half_width.size() != series.y.size()) {
      throw InputError(fmt::format("series '{}': expected a half width for each of {} points, found {}", series.label,
                                   series.y.size(), series.half_width.size()));
    }
    check_values(series, series.x, options.log_x);
    check_values(series, series.y, options.log_y);
  }
}

void draw_axes(Canvas& canvas, const Box& plot, const ChartAxis& x_axis, const ChartAxis& y_axis) {
  TextStyle style = kTick;
  style.across = 1.0;
  style.above = 0.5;
  const Ticks& rows = y_axis.ticks();
  for (std::size_t k = 0; k < rows.values.size(); ++k) {
    const double y = plot.bottom() - y_axis.part(rows.values[k]) * plot.height;
    canvas.line(plot.x, y, plot.right(), y, kGrid);
    canvas.text(plot.x - kTickLength - kTickGap, y, rows.labels[k], style);
  }
  style.across = 0.5;
  style.above = 1.0;
  const Ticks& columns = x_axis.ticks();
  for (std::size_t k = 0; k < columns.values.size(); ++k) {
    const double x = plot.x + x_axis.part(columns.values[k]) * plot.width;
    canvas.line(x, plot.bottom(), x, plot.bottom() + kTickLength, kFrame);
    canvas.text(x, plot.bottom() + kTickLength + kTickGap, columns.labels[k], style);
  }
  canvas.line(plot.x, plot.bottom(), plot.right(), plot.bottom(), kFrame);
}

/// Points from end to end; an end that the axis cannot show is at its edge.
void draw_error_bar(Canvas& canvas, double x, double from, double to, const Rgb& color) {
  constexpr double kCap = 3.0;
  canvas.line(x, from, x, to, color, 1.0);
  for (const double y : {from, to}) canvas.line(x - kCap, y, x + kCap, y, color, 1.0);
}

/// Where and how series are drawn.
struct Plot {
  Box box;
  ChartAxis x_axis;
  ChartAxis y_axis;
  bool log_y = false;
  bool marks = false;

  [[nodiscard]] double x(double value) const { return box.x + x_axis.part(value) * box.width; }
  [[nodiscard]] double y(double value) const { return box.bottom() - y_axis.part(value) * box.height; }
};

/// shift: to the right, in points.
void draw_series(Canvas& canvas, const Plot& plot, const Series& series, double shift, const Rgb& color) {
  std::vector<double> x(series.x.size());
  std::vector<double> y(series.y.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k] = plot.x(series.x[k]) + shift;
    y[k] = plot.y(series.y[k]);
    const double half = half_width_at(series, k);
    if (half == 0.0) continue;
    const double low = series.y[k] - half;
    const double low_place = plot.log_y && low <= 0.0 ? plot.box.bottom() : plot.y(low);
    draw_error_bar(canvas, x[k], plot.y(series.y[k] + half), low_place, color);
  }
  canvas.curve(x, y, color, 1.5);
  if (!plot.marks) return;
  constexpr double kHalo = 3.6;
  constexpr double kMark = 2.6;
  for (std::size_t k = 0; k < x.size(); ++k) {
    canvas.disc(x[k], y[k], kHalo, {1.0, 1.0, 1.0});
    canvas.disc(x[k], y[k], kMark, color);
  }
}

Legend legend_of(const std::vector<Series>& series, double width) {
  std::vector<LegendEntry> entries;
  entries.reserve(series.size());
  for (std::size_t k = 0; k < series.size(); ++k) entries.push_back({series[k].label, series_color(k)});
  return {std::move(entries), width};
}

}  // namespace

Canvas draw_line_chart(const std::vector<Series>& series, const LineChartOptions& options, Format format) {
  check(series, options);
  // Series that stand beside each other need room for that at both ends.
  const double spread = 0.5 * options.dodge * static_cast<double>(series.size() - 1);
  const double x_room = 0.02 + spread / options.width * 1.5;
  const ChartAxis x_axis(padded(x_range(series), options.log_x, x_room), options.log_x, options.width, true);
  const ChartAxis y_axis(padded(y_range(series, options.log_y), options.log_y, 0.05), options.log_y, options.height,
                         false);
  const double y_ticks = widest(y_axis.ticks().labels, kTick) + kTickGap + kTickLength;
  const double left = kMargin + kLabel.size + kLabelGap + y_ticks;
  const double inner = left - kMargin + options.width;

  const Heading heading(options.title, options.subtitle, inner);
  const Legend legend = legend_of(series, inner);
  const double top = kMargin + heading.height() + legend.height();
  // The name of a low plot's axis is longer than the plot.
  const double name_room = std::max(0.0, text_width(options.y_label, kLabel) - options.height);
  const Box plot{left, top, options.width, options.height};
  const double under = kTickLength + kTickGap + kTick.size + kLabelGap + kLabel.size;
  Canvas canvas(plot.right() + std::max(kMargin, x_axis.reach() + kTickGap),
                plot.bottom() + std::max(under, name_room) + kMargin, format);

  heading.draw(canvas, kMargin, kMargin);
  legend.draw(canvas, kMargin, kMargin + heading.height());
  draw_axes(canvas, plot, x_axis, y_axis);
  const bool are_short = std::ranges::all_of(series, [](const Series& one) { return one.x.size() <= kMostMarks; });
  const Plot chart{plot, x_axis, y_axis, options.log_y, are_short};
  for (std::size_t k = 0; k < series.size(); ++k) {
    const double shift = options.dodge * static_cast<double>(k) - spread;
    draw_series(canvas, chart, series[k], shift, series_color(k));
  }
  TextStyle style = kLabel;
  style.across = 0.5;
  canvas.text(plot.x + plot.width / 2.0, plot.bottom() + under, options.x_label, style);
  style.upwards = true;
  canvas.text(kMargin + kLabel.size, plot.y + (plot.height + name_room) / 2.0, options.y_label, style);
  return canvas;
}

void write_line_chart(const std::filesystem::path& path, const std::vector<Series>& series,
                      const LineChartOptions& options, Overwrite overwrite) {
  check_picture_path(path, overwrite);
  draw_line_chart(series, options, format_of(path)).write(path, overwrite);
}

}  // namespace strataform::figures
