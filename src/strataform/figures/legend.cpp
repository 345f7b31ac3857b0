#include "strataform/figures/legend.h"

namespace strataform::figures {
namespace {

constexpr double kSwatchWidth = 14.0;
constexpr double kSwatchHeight = 5.0;
constexpr double kSwatchGap = 5.0;
constexpr double kEntryGap = 18.0;
constexpr double kLineHeight = 14.0;
constexpr double kBelow = 8.0;
const TextStyle kLabel{.size = 9.0, .color = kInk, .above = 0.5};

}  // namespace

Legend::Legend(std::vector<LegendEntry> entries, double width) {
  double x = 0.0;
  int line = 0;
  for (LegendEntry& entry : entries) {
    if (entry.label.empty()) continue;
    entry.label = shorten(std::move(entry.label), kLabel, width - kSwatchWidth - kSwatchGap);
    const double needed = kSwatchWidth + kSwatchGap + text_width(entry.label, kLabel);
    if (x > 0.0 && x + needed > width) {
      x = 0.0;
      ++line;
    }
    places_.push_back({std::move(entry), x, line});
    x += needed + kEntryGap;
  }
}

double Legend::height() const { return places_.empty() ? 0.0 : kLineHeight * (places_.back().line + 1) + kBelow; }

void Legend::draw(Canvas& canvas, double x, double y) const {
  for (const Place& place : places_) {
    const double middle = y + kLineHeight * (place.line + 0.5);
    canvas.fill({x + place.x, middle - kSwatchHeight / 2.0, kSwatchWidth, kSwatchHeight}, place.entry.color);
    canvas.text(x + place.x + kSwatchWidth + kSwatchGap, middle, place.entry.label, kLabel);
  }
}

}  // namespace strataform::figures
