#include "strataform/figures/axis_ticks.h"

#include <algorithm>
#include <cmath>

namespace strataform::figures {
namespace {

constexpr double kClearance = 5.0;  // between labels

bool keep_clear(const AxisLine& axis, const Ticks& ticks, const TextStyle& style) {
  for (std::size_t k = 1; k < ticks.values.size(); ++k) {
    const double apart = std::abs(axis.place(ticks.values[k]) - axis.place(ticks.values[k - 1]));
    const double sizes = axis.horizontal
                             ? 0.5 * (text_width(ticks.labels[k - 1], style) + text_width(ticks.labels[k], style))
                             : style.size;
    if (apart < sizes + kClearance) return false;
  }
  return true;
}

}  // namespace

Ticks fitting_ticks(const AxisLine& axis, double distance, const TextStyle& style) {
  for (int count = static_cast<int>(axis.length / distance) + 1;; --count) {
    Ticks ticks = nice_ticks(axis.first, axis.last, count);
    if (count <= 1 || keep_clear(axis, ticks, style)) return ticks;
  }
}

Overhang overhang(const AxisLine& axis, const Ticks& ticks, const TextStyle& style) {
  Overhang result;
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const double half = 0.5 * text_width(ticks.labels[k], style);
    const double place = axis.place(ticks.values[k]);
    result.left = std::max(result.left, half - place);
    result.right = std::max(result.right, place + half - axis.length);
  }
  return result;
}

}  // namespace strataform::figures
