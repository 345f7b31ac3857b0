#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/legend.h"
#include "strataform/figures/ticks.h"

namespace strataform::figures {
namespace {

constexpr double kMargin = 16.0;
constexpr double kLabelGap = 8.0;
constexpr double kBarHeight = 9.0;
constexpr double kBarGap = 1.5;
constexpr double kCategoryGap = 9.0;
constexpr double kTickGap = 6.0;
constexpr double kTickDistance = 60.0;
constexpr double kNumberGap = 4.0;
const TextStyle kTick{.size = 8.0};
const TextStyle kNumber{.size = 7.5};
const TextStyle kCategory{.size = 9.0, .color = kInk};
const TextStyle kLabel{.size = 9.0};

Rgb tint(std::size_t group, std::size_t count) {
  const double part = static_cast<double>(group + 1) / static_cast<double>(count);
  return from_oklch(0.98 - 0.46 * part, 0.01 + 0.12 * part * part, 255.0);
}

void check(const std::vector<std::string>& categories, const std::vector<BarGroup>& groups,
           const BarChartOptions& options) {
  if (categories.empty() || groups.empty() || !(options.width > 0.0)) {
    throw UsageError(fmt::format("bar chart: expected categories, groups and a width, found {}, {} and {}",
                                 categories.size(), groups.size(), options.width));
  }
  for (const BarGroup& group : groups) {
    const bool finite =
        std::all_of(group.values.begin(), group.values.end(), [](double value) { return std::isfinite(value); });
    if (group.values.size() != categories.size() || !finite) {
      throw InputError(fmt::format("bar group '{}': expected {} finite values, found {} values{}", group.label,
                                   categories.size(), group.values.size(), finite ? "" : " that are not all finite"));
    }
  }
}

// The values at the two ends of the plot, with room for the numbers beside the bars.
struct ValueAxis {
  double low = 0.0;
  double high = 0.0;

  ValueAxis(const std::vector<BarGroup>& groups, const BarChartOptions& options) {
    for (const BarGroup& group : groups) {
      for (const double value : group.values) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    if (low == high) high = 1.0;
    const double widest_number = std::max(text_width(format_number(low, options.decimals), kNumber),
                                          text_width(format_number(high, options.decimals), kNumber));
    const double room = (high - low) * std::min(0.3, (widest_number + 2.0 * kNumberGap) / options.width);
    high += high > 0.0 ? room : 0.0;
    low -= low < 0.0 ? room : 0.0;
  }
};

// Beside the end of a bar, on white, so that no grid line runs through it.
void draw_number(Canvas& canvas, const std::string& number, double end, double y, bool leftwards) {
  TextStyle style = kNumber;
  style.across = leftwards ? 1.0 : 0.0;
  style.above = 0.5;
  const double x = leftwards ? end - kNumberGap : end + kNumberGap;
  const double width = text_width(number, style);
  canvas.fill({x - style.across * width - 1.0, y, width + 2.0, kBarHeight}, {1.0, 1.0, 1.0});
  canvas.text(x, y + kBarHeight / 2.0, number, style);
}

}  // namespace

void write_bar_chart(const std::filesystem::path& path, const std::vector<std::string>& categories,
                     const std::vector<BarGroup>& groups, const BarChartOptions& options, Overwrite overwrite) {
  check_output_path(path, overwrite);
  check(categories, groups, options);
  const ValueAxis axis(groups, options);
  const double category_height = static_cast<double>(groups.size()) * (kBarHeight + kBarGap) + kCategoryGap;
  const double left = kMargin + widest(categories, kCategory) + kLabelGap;
  const double inner = left - kMargin + options.width;

  std::vector<LegendEntry> entries;
  entries.reserve(groups.size());
  for (std::size_t k = 0; k < groups.size(); ++k) entries.push_back({groups[k].label, tint(k, groups.size())});
  const Heading heading(options.title, options.subtitle, inner);
  const Legend legend(std::move(entries), inner);
  const double top = kMargin + heading.height() + legend.height();
  const Box plot{left, top, options.width, category_height * static_cast<double>(categories.size())};
  const double under = kTickGap + kTick.size + kTickGap + kLabel.size;
  Canvas canvas(plot.right() + kMargin, plot.bottom() + under + kMargin);
  heading.draw(canvas, kMargin, kMargin);
  legend.draw(canvas, kMargin, kMargin + heading.height());

  const auto position = [&](double value) { return plot.x + (value - axis.low) / (axis.high - axis.low) * plot.width; };
  const Ticks ticks = nice_ticks(axis.low, axis.high, static_cast<int>(options.width / kTickDistance) + 1);
  TextStyle style = kTick;
  style.across = 0.5;
  style.above = 1.0;
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const double x = position(ticks.values[k]);
    canvas.line(x, plot.y, x, plot.bottom(), kGrid);
    canvas.text(x, plot.bottom() + kTickGap, ticks.labels[k], style);
  }
  TextStyle name = kCategory;
  name.across = 1.0;
  name.above = 0.5;
  for (std::size_t row = 0; row < categories.size(); ++row) {
    double y = plot.y + category_height * static_cast<double>(row) + kCategoryGap / 2.0;
    canvas.text(left - kLabelGap, y + (category_height - kCategoryGap) / 2.0, categories[row], name);
    for (std::size_t group = 0; group < groups.size(); ++group) {
      const double value = groups[group].values[row];
      const double begin = position(std::min(value, 0.0));
      const double end = position(std::max(value, 0.0));
      canvas.fill({begin, y, end - begin, kBarHeight}, tint(group, groups.size()));
      draw_number(canvas, format_number(value, options.decimals), value < 0.0 ? begin : end, y, value < 0.0);
      y += kBarHeight + kBarGap;
    }
  }
  canvas.line(position(0.0), plot.y, position(0.0), plot.bottom(), kFrame);
  style = kLabel;
  style.across = 0.5;
  canvas.text(plot.x + plot.width / 2.0, plot.bottom() + under, options.value_label, style);
  canvas.write_png(path, overwrite);
}

}  // namespace strataform::figures
