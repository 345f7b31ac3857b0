#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/legend.h"
#include "strataform/figures/ticks.h"

namespace strataform::figures {
namespace {

constexpr double kMargin = 16.0;
constexpr double kTickLength = 3.0;
constexpr double kTickGap = 3.0;
constexpr double kLabelGap = 7.0;
constexpr double kXTickDistance = 60.0;
constexpr double kYTickDistance = 40.0;
constexpr std::size_t kMostMarks = 24;
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
};

// The range of all values, with some room at both ends; without negative values it does not begin below zero.
Range padded_range(const std::vector<Series>& series, std::vector<double> Series::* values, bool logarithmic,
                   double room) {
  Range range{(series.front().*values).front(), (series.front().*values).front()};
  for (const Series& one : series) {
    const auto [low, high] = std::minmax_element((one.*values).begin(), (one.*values).end());
    range = {std::min(range.low, *low), std::max(range.high, *high)};
  }
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
  ChartAxis(const Range& range, bool logarithmic, double length_in_ticks) : range_(range), logarithmic_(logarithmic) {
    if (logarithmic) ticks_ = log_ticks(range.low, range.high);
    if (ticks_.values.size() < 2) ticks_ = nice_ticks(range.low, range.high, static_cast<int>(length_in_ticks) + 1);
  }

  [[nodiscard]] double part(double value) const {
    if (logarithmic_) return std::log(value / range_.low) / std::log(range_.high / range_.low);
    return (value - range_.low) / (range_.high - range_.low);
  }
  [[nodiscard]] const Ticks& ticks() const { return ticks_; }

 private:
  Range range_;
  bool logarithmic_;
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

void draw_series(Canvas& canvas, const Box& plot, const ChartAxis& x_axis, const ChartAxis& y_axis,
                 const Series& series, const Rgb& color) {
  std::vector<double> x(series.x.size());
  std::vector<double> y(series.y.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k] = plot.x + x_axis.part(series.x[k]) * plot.width;
    y[k] = plot.bottom() - y_axis.part(series.y[k]) * plot.height;
  }
  canvas.curve(x, y, color, 1.5);
  if (x.size() > kMostMarks) return;
  constexpr double kHalo = 3.6;
  constexpr double kMark = 2.6;
  for (std::size_t k = 0; k < x.size(); ++k) {
    canvas.disc(x[k], y[k], kHalo, {1.0, 1.0, 1.0});
    canvas.disc(x[k], y[k], kMark, color);
  }
}

}  // namespace

void write_line_chart(const std::filesystem::path& path, const std::vector<Series>& series,
                      const LineChartOptions& options, Overwrite overwrite) {
  check_output_path(path, overwrite);
  check(series, options);
  const ChartAxis x_axis(padded_range(series, &Series::x, options.log_x, 0.02), options.log_x,
                         options.width / kXTickDistance);
  const ChartAxis y_axis(padded_range(series, &Series::y, options.log_y, 0.05), options.log_y,
                         options.height / kYTickDistance);
  const double y_ticks = widest(y_axis.ticks().labels, kTick) + kTickGap + kTickLength;
  const double left = kMargin + kLabel.size + kLabelGap + y_ticks;
  const double inner = left - kMargin + options.width;

  std::vector<LegendEntry> entries;
  entries.reserve(series.size());
  for (std::size_t k = 0; k < series.size(); ++k) entries.push_back({series[k].label, series_color(k)});
  const Heading heading(options.title, options.subtitle, inner);
  const Legend legend(std::move(entries), inner);
  const double top = kMargin + heading.height() + legend.height();
  const Box plot{left, top, options.width, options.height};
  const double under = kTickLength + kTickGap + kTick.size + kLabelGap + kLabel.size;
  Canvas canvas(plot.right() + kMargin, plot.bottom() + under + kMargin);

  heading.draw(canvas, kMargin, kMargin);
  legend.draw(canvas, kMargin, kMargin + heading.height());
  draw_axes(canvas, plot, x_axis, y_axis);
  for (std::size_t k = 0; k < series.size(); ++k) {
    draw_series(canvas, plot, x_axis, y_axis, series[k], series_color(k));
  }
  TextStyle style = kLabel;
  style.across = 0.5;
  canvas.text(plot.x + plot.width / 2.0, plot.bottom() + under, options.x_label, style);
  style.upwards = true;
  canvas.text(kMargin + kLabel.size, plot.y + plot.height / 2.0, options.y_label, style);
  canvas.write_png(path, overwrite);
}

}  // namespace strataform::figures
