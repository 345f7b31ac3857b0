#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/canvas.h"

namespace strataform::figures {

/// One line of a chart through the points (x, y).
struct Series {
  std::string label{};  ///< in the legend; none where it is empty
  std::vector<double> x{};
  std::vector<double> y{};
  /// Of the error bars, y - half_width to y + half_width; empty: none. A point whose value is not finite has no bar.
  std::vector<double> half_width{};
};

struct LineChartOptions {
  std::string title{};
  std::string subtitle{};
  std::string x_label{};  ///< with its unit
  std::string y_label{};
  bool log_x = false;
  bool log_y = false;
  double dodge = 0.0;    ///< by which each series stands to the right of the one before it, in points
  double width = 480.0;  ///< of the plot area, in points
  double height = 260.0;
};

/// Draws a chart of lines, with a mark at each point where all of them are short. On a logarithmic axis an error bar
/// that reaches zero ends at the lower edge. Throws UsageError (no series, no size) and InputError (x, y and half
/// widths of unequal size, no points, values that are not finite or, on a logarithmic axis, not positive; names the
/// series).
[[nodiscard]] Canvas draw_line_chart(const std::vector<Series>& series, const LineChartOptions& options = {},
                                     Format format = Format::kPng);

/// The same as a PNG, SVG or PDF file by its name. Throws UsageError for another name, and IoError.
void write_line_chart(const std::filesystem::path& path, const std::vector<Series>& series,
                      const LineChartOptions& options = {}, Overwrite overwrite = Overwrite::kRefuse);

}  // namespace strataform::figures
