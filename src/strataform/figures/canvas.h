#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/color_map.h"
#include "strataform/figures/format.h"

namespace strataform::figures {

inline constexpr Rgb kInk{0.13, 0.14, 0.16};      ///< titles
inline constexpr Rgb kSoftInk{0.36, 0.38, 0.41};  ///< labels of axes and ticks
inline constexpr Rgb kFrame{0.62, 0.64, 0.67};    ///< frames and ticks
inline constexpr Rgb kGrid{0.90, 0.91, 0.92};     ///< lines behind data

/// A rectangle in units, y downwards.
struct Box {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;

  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
};

/// How text looks and which of its points lies on the given position.
struct TextStyle {
  double size = 9.0;
  bool bold = false;
  Rgb color = kSoftInk;
  double across = 0.0;   ///< 0: left end, 0.5: middle, 1: right end
  double above = 0.0;    ///< 0: baseline, 0.5: middle of the capitals, 1: their top
  bool upwards = false;  ///< turned by 90 degrees, read from bottom to top
};

[[nodiscard]] double text_width(std::string_view text, const TextStyle& style);
[[nodiscard]] double widest(std::span<const std::string> texts, const TextStyle& style);
/// text itself where it fits into width, else its beginning with an ellipsis.
[[nodiscard]] std::string shorten(std::string text, const TextStyle& style, double width);

/// A text that was drawn and what it covers, from the baseline to the height of the capitals.
struct Label {
  std::string text;
  Box box;
};

/// A white page that is drawn on and then written as a file, once.
class Canvas {
 public:
  /// width and height in units. Throws UsageError when the picture is too large for cairo (16,383 units a side).
  Canvas(double width, double height, Format format = Format::kPng);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;
  Canvas(Canvas&& other) noexcept;
  Canvas& operator=(Canvas&& other) noexcept;

  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const { return height_; }
  [[nodiscard]] Format format() const { return format_; }
  /// All texts so far.
  [[nodiscard]] const std::vector<Label>& labels() const { return labels_; }

  void text(double x, double y, const std::string& text, const TextStyle& style);
  void line(double x0, double y0, double x1, double y1, const Rgb& color, double thickness = 0.75);
  /// A line through points, x and y of equal size.
  void curve(std::span<const double> x, std::span<const double> y, const Rgb& color, double thickness);
  void disc(double x, double y, double radius, const Rgb& color);
  /// The area within the points, x and y of equal size.
  void polygon(std::span<const double> x, std::span<const double> y, const Rgb& color);
  void fill(const Box& box, const Rgb& color);
  void frame(const Box& box, const Rgb& color);
  /// pixels: rows x columns of 0x00RRGGBB, stretched over box. Nothing is blended where their number is that of
  /// the box in device pixels.
  void image(const Box& box, std::span<const std::uint32_t> pixels, int rows, int columns);

  /// Written whole or not at all, in the canvas's format; the same drawing gives the same bytes. Nothing may be drawn
  /// any more. Throws IoError, and UsageError when a text was not valid UTF-8.
  void write(const std::filesystem::path& path, Overwrite overwrite);

 private:
  struct Page;  ///< cairo's

  double width_;
  double height_;
  Format format_;
  std::vector<Label> labels_;
  std::unique_ptr<Page> page_;
};

/// What stands above a figure. Lines that are too long are wrapped.
class Heading {
 public:
  Heading() = default;
  Heading(const std::string& title, const std::string& subtitle, double width);
  /// The space that the heading takes, with the distance to what follows; 0 without a title and subtitle.
  [[nodiscard]] double height() const;
  void draw(Canvas& canvas, double x, double y) const;

 private:
  std::vector<std::string> title_lines_;
  std::vector<std::string> subtitle_lines_;
};

}  // namespace strataform::figures
