#include "strataform/figures/color_map.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace strataform::figures {
namespace {

// The transfer function of IEC 61966-2-1 (sRGB) and its inverse.
double encode(double linear) {
  const double channel = std::clamp(linear, 0.0, 1.0);
  return channel <= 0.0031308 ? 12.92 * channel : 1.055 * std::pow(channel, 1.0 / 2.4) - 0.055;
}

double decode(double channel) {
  return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double cube(double value) { return value * value * value; }

// The chroma of both maps follows the largest one that sRGB can show along their path, at a small distance, as a
// smooth curve: following it exactly would put visible kinks into the map.
Rgb velocity_color(double unit) {
  const double lightness = 0.28 + 0.64 * unit;
  const double chroma = 0.086 + 0.1 * (unit - 0.35) * (unit - 0.35);
  return from_oklch(lightness, chroma, 285.0 - 187.0 * unit);
}

Rgb diverging_color(double unit) {
  const double distance = std::abs(2.0 * unit - 1.0);
  const double lightness = 1.0 - 0.58 * distance;
  const double chroma = 0.145 * distance * (2.0 - distance);
  return from_oklch(lightness, chroma, unit < 0.5 ? 258.0 : 30.0);
}

}  // namespace

Rgb to_rgb(const Oklab& color) {
  const double l = cube(color.lightness + 0.3963377774 * color.a + 0.2158037573 * color.b);
  const double m = cube(color.lightness - 0.1055613458 * color.a - 0.0638541728 * color.b);
  const double s = cube(color.lightness - 0.0894841775 * color.a - 1.2914855480 * color.b);
  return {encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

Oklab to_oklab(const Rgb& color) {
  const double red = decode(color.red);
  const double green = decode(color.green);
  const double blue = decode(color.blue);
  const double l = std::cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const double m = std::cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const double s = std::cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

Rgb from_oklch(double lightness, double chroma, double hue) {
  const double angle = hue * std::numbers::pi / 180.0;
  return to_rgb({lightness, chroma * std::cos(angle), chroma * std::sin(angle)});
}

Rgb ColorMap::operator()(double unit) const {
  const double inside = std::clamp(unit, 0.0, 1.0);
  return scale_ == Scale::kVelocity ? velocity_color(inside) : diverging_color(inside);
}

}  // namespace strataform::figures
