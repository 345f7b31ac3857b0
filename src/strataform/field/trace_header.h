#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace strataform::field {

/// What a trace is good for.
enum class TraceKind {
  kLive,
  kDead,       ///< recorded nothing, or is a dummy
  kAuxiliary,  ///< recorded something else: a time break, an uphole, a sweep, a horizontal component
};

/// A source's or receiver's place on the map, m.
struct Station {
  double x = 0.0, y = 0.0;  ///< easting and northing, or a distance along the line and 0
  double z = 0.0;           ///< depth below the datum, positive down: -606 for a receiver on ground of 606 m
  bool operator==(const Station&) const = default;
};

/// What a file says of one trace, in metres and seconds, scalars and units applied.
struct TraceHeader {
  std::int64_t record = 0;   ///< number of the field record, which one shot makes
  std::int64_t channel = 0;  ///< number of the trace in it
  TraceKind kind = TraceKind::kLive;
  std::int64_t kind_code = 0;  ///< trace identification code, as the file has it
  Station source{}, receiver{};
  std::optional<double> offset{};  ///< of the receiver from the source along the line, where it is given and not 0
  double delay = 0.0;              ///< of the first sample after the source's time, s; before it where negative
  double sample_interval = 0.0;    ///< s; 0 where this trace does not say
  std::int64_t samples = 0;        ///< as its header tells; 0 where it does not
  std::string note{};              ///< what was decided where words contradict each other, beginning with the word
};

/// Something that a header has wrong or does not say. Findings with the same text are one.
struct HeaderFinding {
  /// Whether nothing can be made of the file, or of these traces, until it is put right; else a choice was made.
  bool is_error = false;
  std::string text{};             ///< begins with the header word: "sample interval (bytes 3217-3218) is -2000"
  std::int64_t first_trace = -1;  ///< from 0; -1: the header of the file
  std::int64_t traces = 0;        ///< how many have it, of those that were looked at
};

}  // namespace strataform::field
