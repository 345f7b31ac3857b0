#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/image.h"

namespace strataform::figures {

struct Axis {
  std::string label{};  ///< with its unit: "distance (m)"
  double first = 0.0;   ///< at the left or upper edge of the image
  double last = 1.0;    ///< at the right or lower edge
  friend bool operator==(const Axis&, const Axis&) = default;
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
  ColorRange range{};
  bool color_bar = true;
};

struct FigureOptions {
  std::string title{};
  std::string subtitle{};
  std::vector<std::string> row_labels{};  ///< none, or one per row of the grid
  double cell_width = 180.0;              ///< of each image, in units of two pixels
  double cell_height = 180.0;
};

/// Writes rows of panels as one PNG. What neighbours share is drawn once: a vertical axis by the left one, a
/// horizontal axis by the lower one, a colour bar by the right one.
/// Throws UsageError (nothing to draw, row labels or cell sizes that do not fit), InputError (values that are not
/// rows x columns or not finite, an empty range or axis; names the panel) and IoError.
void write_panels(const std::filesystem::path& path, const std::vector<std::vector<Panel>>& grid,
                  const FigureOptions& options = {}, Overwrite overwrite = Overwrite::kRefuse);

struct GatherShape {
  int samples = 0;
  int receivers = 0;
  double time_step = 0.0;          ///< s
  double receiver_distance = 0.0;  ///< m
};

struct MapShape {
  int rows = 0;
  int columns = 0;
  double spacing = 0.0;  ///< m

  bool operator==(const MapShape&) const = default;
};

/// values: samples x receivers. The range is symmetric_limit(values, 0.95) on both sides of zero: the direct wave
/// fills about a twentieth of a gather and is clipped, so that the reflections can be seen.
[[nodiscard]] Panel gather_panel(std::span<const float> values, const GatherShape& shape, std::string title);

/// values: rows x columns in m/s; the range is the one of OpenFWI, 1500 to 4500 m/s.
[[nodiscard]] Panel velocity_panel(std::span<const float> values, const MapShape& shape, std::string title);

/// prediction - truth in m/s from -limit to limit; where limit is 0 it is symmetric_limit(difference, 0.99).
/// Throws InputError when the two differ in size.
[[nodiscard]] Panel difference_panel(std::span<const float> prediction, std::span<const float> truth,
                                     const MapShape& shape, std::string title, double limit = 0.0);

/// The size that a share of the values, in [0, 1], does not exceed; where that is 0, their largest size, and 1 where
/// all are 0. Values that are not finite do not count.
[[nodiscard]] double symmetric_limit(std::span<const float> values, double share);

}  // namespace strataform::figures
