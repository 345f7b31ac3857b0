#pragma once

namespace strataform::figures {

/// A colour in sRGB, each channel in [0, 1].
struct Rgb {
  double red = 0.0;
  double green = 0.0;
  double blue = 0.0;

  friend bool operator==(const Rgb&, const Rgb&) = default;
};

/// A colour in the Oklab space (B. Ottosson, "A perceptual color space for image processing", 2020): equal
/// distances look about equally large. lightness is in [0, 1]; a and b are the green-red and blue-yellow axes.
struct Oklab {
  double lightness = 0.0;
  double a = 0.0;
  double b = 0.0;
};

/// Channels that sRGB cannot show are clipped.
[[nodiscard]] Rgb to_rgb(const Oklab& color);
[[nodiscard]] Oklab to_oklab(const Rgb& color);
/// Oklab in polar form: chroma is the distance from grey, hue an angle in degrees.
[[nodiscard]] Rgb from_oklch(double lightness, double chroma, double hue);

enum class Scale {
  kVelocity,   ///< dark blue, teal, yellow: lightness grows linearly with the value
  kDiverging,  ///< blue, white, red: lightness falls linearly and equally on both sides of the middle
};

/// Maps [0, 1] to colours that all lie inside sRGB, so that equal steps of the value are equal steps of lightness.
class ColorMap {
 public:
  explicit ColorMap(Scale scale) : scale_(scale) {}
  /// unit outside [0, 1] takes the colour of the nearer end.
  [[nodiscard]] Rgb operator()(double unit) const;

 private:
  Scale scale_;
};

}  // namespace strataform::figures
