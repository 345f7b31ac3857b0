#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/canvas.h"
#include "strataform/figures/image.h"

namespace strataform::figures {

struct Axis {
  std::string label{};  ///< with its unit: "distance (m)"
  double first = 0.0;   ///< at the left or upper edge of the image
  double last = 1.0;    ///< at the right or lower edge
  friend bool operator==(const Axis&, const Axis&) = default;
};

/// Something on the upper edge of an image.
struct Marker {
  enum class Kind { kSource, kReceiver };
  Kind kind = Kind::kReceiver;
  double at = 0.0;  ///< on the horizontal axis
};

/// One image with its axes.
struct Panel {
  std::string title{};
  std::string caption{};        ///< a short result in grey beside the title: "MAE 112 m/s"
  std::vector<float> values{};  ///< rows x columns, row-major, the first row on top
  int rows = 0;
  int columns = 0;
  Axis horizontal{};
  Axis vertical{};
  bool to_scale = false;  ///< both axes are lengths in one unit, which are drawn equally long
  ColorRange range{};
  bool own_range = false;  ///< instead of the one that it has in common with panels of the same unit
  bool color_bar = true;
  std::vector<Marker> markers{};
};

struct FigureOptions {
  std::string title{};
  std::string subtitle{};
  std::vector<std::string> row_labels{};  ///< none, or one per row of the grid
  /// The side of an image that is not to scale, in points; the largest one that is to scale has the same area. Images
  /// to scale in one figure have one scale, unless one would have less than a ninth of its own area.
  double cell_size = 180.0;
};

/// Draws rows of panels. What is compared has one range: panels of the same colours and unit, the widest of theirs.
/// What neighbours share is drawn once: a vertical axis by the left one, a horizontal axis by the lower one, a colour
/// bar by the right one.
/// Throws UsageError (nothing to draw, row labels or a size that do not fit) and InputError (values that are not rows x
/// columns or not finite, an empty range or axis; names the panel).
[[nodiscard]] Canvas draw_panels(std::vector<std::vector<Panel>> grid, const FigureOptions& options = {},
                                 Format format = Format::kPng);

/// The same as a PNG, SVG or PDF file by its name. Throws UsageError for another name, and IoError.
void write_panels(const std::filesystem::path& path, std::vector<std::vector<Panel>> grid,
                  const FigureOptions& options = {}, Overwrite overwrite = Overwrite::kRefuse);

struct MapShape {
  int rows = 0;
  int columns = 0;
  double spacing = 0.0;  ///< m

  bool operator==(const MapShape&) const = default;
};

/// values: rows x columns in m/s, to scale; the range is theirs.
[[nodiscard]] Panel velocity_panel(std::span<const float> values, const MapShape& shape, std::string title);

/// prediction - truth in m/s, which the colour bar says, from -limit to limit, the limit being symmetric_limit(, 0.99).
/// Throws InputError when the two differ in size.
[[nodiscard]] Panel difference_panel(std::span<const float> prediction, std::span<const float> truth,
                                     const MapShape& shape, std::string title = "Difference");

/// values: rows x columns of any quantity of both signs over distance and depth, to scale.
[[nodiscard]] Panel section_panel(std::span<const float> values, const MapShape& shape, std::string title,
                                  std::string unit);

/// The size that a share of the values, in [0, 1], does not exceed; where that is 0, their largest size, and 1 where
/// all are 0. Values that are not finite do not count.
[[nodiscard]] double symmetric_limit(std::span<const float> values, double share);

}  // namespace strataform::figures
