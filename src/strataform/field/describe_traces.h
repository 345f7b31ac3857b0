#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/field/line_scan.h"
#include "strataform/field/projection.h"
#include "strataform/field/read_options.h"

namespace strataform::field {

/// What a field file holds.
struct TraceReport {
  std::string format{};
  std::vector<std::string> text{};  ///< its text header
  std::int64_t traces = 0, samples = 0;
  double sample_interval = 0.0;  ///< s; 0 where it is not known
  TraceCounts counts{};
  std::int64_t shots = 0, fewest_receivers = 0, most_receivers = 0;
  double first_source = 0.0, last_source = 0.0;       ///< along the line, m
  double first_receiver = 0.0, last_receiver = 0.0;   ///< the same
  double shot_spacing = 0.0, receiver_spacing = 0.0;  ///< medians, m; 0 where there is none
  double smallest_offset = 0.0, largest_offset = 0.0;
  std::int64_t largest_fold = 0;  ///< most traces whose midpoints lie in one bin of half a receiver spacing
  double smallest_depth = 0.0, largest_depth = 0.0;  ///< of sources and receivers below the datum, m
  double smallest_delay = 0.0, largest_delay = 0.0;  ///< s
  Projection projection{};
  std::vector<HeaderFinding> findings{};
};

/// Reads all headers of a file, or of a folder of them, however wrong they are. Throws IoError, InterruptedError, and
/// InputError where there are no traces.
[[nodiscard]] TraceReport report_traces(const std::filesystem::path& path, const ReadOptions& options = {},
                                        const Context& context = {});
/// The same as lines of text, each ending with a line break.
[[nodiscard]] std::string describe(const TraceReport& report);

}  // namespace strataform::field
