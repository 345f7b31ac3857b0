#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/canvas.h"

namespace strataform::figures {

/// What an interval means, by its colour.
enum class Tone { kNeutral, kGood, kBad };

/// A value with its interval, in a row of its own.
struct Interval {
  std::string label{};
  std::optional<double> value{};                                 ///< none: the row says what its note says
  double half_width = std::numeric_limits<double>::quiet_NaN();  ///< not finite: the value has no interval
  std::optional<double> limit{};                                 ///< what it is held against
  std::string note{};                                            ///< to the right: "−52.2 ± 1.8 %, holds"
  Tone tone = Tone::kNeutral;
};

/// Rows with an axis of their own.
struct IntervalGroup {
  std::string title{};
  std::vector<Interval> rows{};
};

struct IntervalChartOptions {
  std::string title{};
  std::string subtitle{};
  std::string x_label{};     ///< with its unit
  bool shade_below = false;  ///< the side below the limits is the good one
  double width = 300.0;      ///< of the plots, in points
};

/// Draws a row for each value: its name, the interval beside its limit, its note. The axis of each group goes from the
/// lowest to the highest end, with zero in it.
/// Throws UsageError (no group, a group without rows, no size) and InputError (values that are not finite; names the
/// row).
[[nodiscard]] Canvas draw_interval_chart(const std::vector<IntervalGroup>& groups,
                                         const IntervalChartOptions& options = {}, Format format = Format::kPng);

/// The same as a PNG, SVG or PDF file by its name. Throws UsageError for another name, and IoError.
void write_interval_chart(const std::filesystem::path& path, const std::vector<IntervalGroup>& groups,
                          const IntervalChartOptions& options = {}, Overwrite overwrite = Overwrite::kRefuse);

}  // namespace strataform::figures
