#pragma once

#include <cstdint>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/field/trace_file.h"

namespace strataform::field {

/// A trace that can be used, and where it was recorded.
struct LiveTrace {
  std::int64_t trace = 0;
  Station receiver{};
  float delay = 0.0F;  ///< s
};

/// The traces of one field record from one place.
struct ScannedShot {
  std::int64_t record = 0;
  Station source{};
  std::vector<LiveTrace> traces{};  ///< in the order of the file
};

/// How many traces are what.
struct TraceCounts {
  std::int64_t total = 0, live = 0, dead = 0, auxiliary = 0;
  std::int64_t unusable = 0;  ///< whose headers are wrong
  bool operator==(const TraceCounts&) const = default;
};

/// What the headers of all traces of a file say.
struct LineScan {
  std::vector<ScannedShot> shots{};  ///< in the order of their first traces
  TraceCounts counts{};
  double smallest_offset = 0.0, largest_offset = 0.0;  ///< distances between source and receiver, m
  /// Also those of the file. Traces that an error was found in are in no shot.
  std::vector<HeaderFinding> findings{};
};

/// Reads all headers. What is wrong with them is in the findings, whether options are lenient or not. Throws IoError,
/// InterruptedError, and for the file of options.geometry InputError.
[[nodiscard]] LineScan scan_line(const TraceFile& file, const ReadOptions& options, const Context& context = {});

}  // namespace strataform::field
