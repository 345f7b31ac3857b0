#include "strataform/figures/image.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "strataform/figures/axis_ticks.h"

namespace strataform::figures {
namespace {

constexpr double kTickLength = 3.0;
constexpr double kTickGap = 2.5;
constexpr double kUnitGap = 5.0;
constexpr double kTickDistance = 22.0;  // between the ticks of a high bar, at least
constexpr double kWideTickDistance = 30.0;
const TextStyle kTickText{.size = 8.0};

std::uint32_t pack(const Rgb& color) {
  const auto byte = [](double channel) { return static_cast<std::uint32_t>(std::lround(channel * 255.0)); };
  return byte(color.red) << 16U | byte(color.green) << 8U | byte(color.blue);
}

int device_pixels(double length, Format format) {
  return std::max(1, static_cast<int>(std::lround(length * pixels_per_unit(format))));
}

bool is_high(const Box& box) { return box.height > box.width; }

Ticks bar_ticks(const Box& box, const ColorRange& range) {
  const bool high = is_high(box);
  return fitting_ticks({range.low, range.high, high ? box.height : box.width, !high},
                       high ? kTickDistance : kWideTickDistance, kTickText);
}

// One output row or column is a weighted sum of consecutive input ones.
struct Weights {
  int first = 0;
  std::vector<double> share;
};

std::vector<Weights> box_weights(int size, int target_size) {
  std::vector<Weights> all(static_cast<std::size_t>(target_size));
  const double ratio = static_cast<double>(size) / target_size;
  for (int target = 0; target < target_size; ++target) {
    const double begin = target * ratio;
    const double end = std::min<double>((target + 1) * ratio, size);
    Weights& weights = all[static_cast<std::size_t>(target)];
    weights.first = std::min(static_cast<int>(begin), size - 1);
    for (int index = weights.first; index < size && index < end; ++index) {
      const double overlap = std::min<double>(end, index + 1) - std::max<double>(begin, index);
      weights.share.push_back(overlap / ratio);
    }
  }
  return all;
}

}  // namespace

std::vector<float> resample(std::span<const float> values, int rows, int columns, int target_rows, int target_columns) {
  const std::vector<Weights> row_weights = box_weights(rows, target_rows);
  const std::vector<Weights> column_weights = box_weights(columns, target_columns);
  std::vector<float> result;
  result.reserve(static_cast<std::size_t>(target_rows) * static_cast<std::size_t>(target_columns));
  std::vector<double> line(static_cast<std::size_t>(columns));
  for (const Weights& vertical : row_weights) {
    std::fill(line.begin(), line.end(), 0.0);
    for (std::size_t k = 0; k < vertical.share.size(); ++k) {
      const auto row = values.subspan((static_cast<std::size_t>(vertical.first) + k) * line.size(), line.size());
      for (std::size_t column = 0; column < line.size(); ++column) line[column] += vertical.share[k] * row[column];
    }
    for (const Weights& horizontal : column_weights) {
      double sum = 0.0;
      for (std::size_t k = 0; k < horizontal.share.size(); ++k) {
        sum += horizontal.share[k] * line[static_cast<std::size_t>(horizontal.first) + k];
      }
      result.push_back(static_cast<float>(sum));
    }
  }
  return result;
}

void draw_image(Canvas& canvas, const Box& box, std::span<const float> values, int rows, int columns,
                const ColorRange& range) {
  constexpr int kShades = 1024;
  const ColorMap map(range.scale);
  std::array<std::uint32_t, kShades + 1> palette{};
  for (int shade = 0; shade <= kShades; ++shade) {
    palette[static_cast<std::size_t>(shade)] = pack(map(static_cast<double>(shade) / kShades));
  }
  const int device_rows = device_pixels(box.height, canvas.format());
  const int device_columns = device_pixels(box.width, canvas.format());
  const std::vector<float> sampled = resample(values, rows, columns, device_rows, device_columns);
  std::vector<std::uint32_t> pixels(sampled.size());
  std::transform(sampled.begin(), sampled.end(), pixels.begin(), [&](float value) {
    const double unit = std::clamp((value - range.low) / (range.high - range.low), 0.0, 1.0);
    return palette[static_cast<std::size_t>(std::lround(unit * kShades))];
  });
  canvas.image(box, pixels, device_rows, device_columns);
  canvas.frame(box, kFrame);
}

void draw_color_bar(Canvas& canvas, const Box& box, const ColorRange& range) {
  const bool high = is_high(box);
  std::vector<float> ramp(static_cast<std::size_t>(device_pixels(high ? box.height : box.width, canvas.format())));
  const auto count = static_cast<double>(ramp.size());
  for (std::size_t k = 0; k < ramp.size(); ++k) {
    const double part = (static_cast<double>(k) + 0.5) / count;
    ramp[k] = static_cast<float>(range.low + (high ? 1.0 - part : part) * (range.high - range.low));
  }
  const int length = static_cast<int>(ramp.size());
  draw_image(canvas, box, ramp, high ? length : 1, high ? 1 : length, range);

  const Ticks ticks = bar_ticks(box, range);
  TextStyle label = kTickText;
  label.across = high ? 0.0 : 0.5;
  label.above = high ? 0.5 : 1.0;
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const double part = (ticks.values[k] - range.low) / (range.high - range.low);
    if (high) {
      const double y = box.bottom() - part * box.height;
      canvas.line(box.right(), y, box.right() + kTickLength, y, kFrame);
      canvas.text(box.right() + kTickLength + kTickGap, y, ticks.labels[k], label);
    } else {
      const double x = box.x + part * box.width;
      canvas.line(x, box.bottom(), x, box.bottom() + kTickLength, kFrame);
      canvas.text(x, box.bottom() + kTickLength + kTickGap, ticks.labels[k], label);
    }
  }
  if (range.unit.empty()) return;
  if (high) {
    // In the middle of the bar, or from its top on down where it is longer.
    const double written = color_bar_unit_length(range);
    canvas.text(box.right() + color_bar_label_width(box, range),
                box.y + std::max(0.5 * (box.height + written), written), range.unit,
                {.size = kTickText.size, .above = 0.0, .upwards = true});
  } else {
    canvas.text(box.right() + kUnitGap, box.y + box.height / 2.0, range.unit, {.size = kTickText.size, .above = 0.5});
  }
}

double color_bar_unit_length(const ColorRange& range) { return text_width(range.unit, kTickText); }

ColorRange range_of(std::span<const float> values, Scale scale, std::string unit) {
  const auto [low, high] = std::ranges::minmax_element(values);
  ColorRange range{scale, 0.0, 0.0, std::move(unit)};
  if (!values.empty()) range = {scale, *low, *high, std::move(range.unit)};
  if (range.low == range.high) {
    const double room = std::max(0.05 * std::abs(range.low), 1e-6);
    range.low -= room;
    range.high += room;
  }
  return range;
}

double color_bar_label_width(const Box& box, const ColorRange& range) {
  if (!is_high(box)) return range.unit.empty() ? 0.0 : kUnitGap + text_width(range.unit, kTickText);
  const double unit = range.unit.empty() ? 0.0 : kUnitGap + kTickText.size;
  return kTickLength + kTickGap + widest(bar_ticks(box, range).labels, kTickText) + unit;
}

}  // namespace strataform::figures
