#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"

namespace strataform::figures {

/// One line of a chart through the points (x, y).
struct Series {
  std::string label{};  ///< in the legend; none where it is empty
  std::vector<double> x{};
  std::vector<double> y{};
};

struct LineChartOptions {
  std::string title{};
  std::string subtitle{};
  std::string x_label{};  ///< with its unit
  std::string y_label{};
  bool log_x = false;
  bool log_y = false;
  double width = 480.0;  ///< of the plot area, in units of two pixels
  double height = 260.0;
};

/// Writes a chart of lines as a PNG; short series get a mark at each point.
/// Throws UsageError (no series, no size), InputError (x and y of unequal size, no points, values that are not
/// finite or, on a logarithmic axis, not positive; names the series) and IoError.
void write_line_chart(const std::filesystem::path& path, const std::vector<Series>& series,
                      const LineChartOptions& options = {}, Overwrite overwrite = Overwrite::kRefuse);

}  // namespace strataform::figures
