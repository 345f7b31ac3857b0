#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "strataform/field/read_options.h"
#include "strataform/field/trace_header.h"

namespace strataform::field {

/// Traces of a field file, or of several. Headers are read when they are asked for, so that opening does not take
/// longer for a larger file. Reading is thread-safe.
class TraceFile {
 public:
  TraceFile() = default;
  virtual ~TraceFile() = default;
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  TraceFile(TraceFile&&) = delete;
  TraceFile& operator=(TraceFile&&) = delete;

  /// "line.segy", for messages.
  [[nodiscard]] virtual std::string name() const = 0;
  /// "line.segy: trace 17" for trace 16.
  [[nodiscard]] virtual std::string name_of(std::int64_t trace) const;
  /// "SEG-Y revision 1, big-endian, IBM floats of 4 bytes".
  [[nodiscard]] virtual std::string format() const = 0;
  /// The lines of its text header, without what is not printable.
  [[nodiscard]] virtual std::vector<std::string> text() const { return {}; }
  [[nodiscard]] virtual std::int64_t traces() const = 0;
  /// Of every trace.
  [[nodiscard]] virtual std::int64_t samples() const = 0;
  /// s; 0 where the file does not say.
  [[nodiscard]] virtual double sample_interval() const = 0;
  /// What was found wrong when it was opened.
  [[nodiscard]] virtual std::vector<HeaderFinding> findings() const { return {}; }
  /// Trace 0 .. traces() - 1. Throws InputError for what cannot be, naming file, trace and header word.
  [[nodiscard]] virtual TraceHeader header(std::int64_t trace) const = 0;
  /// Fills out with the samples() amplitudes of a trace as the file has them; what float32 cannot hold becomes
  /// infinite.
  virtual void read_trace(std::int64_t trace, std::span<float> out) const = 0;
};

/// Opens a file in one of the formats of trace_formats.def, or a folder of them, whose traces follow one another by the
/// names of the files (9.dat before 10.dat). Throws IoError, and InputError for what cannot be read.
[[nodiscard]] std::unique_ptr<TraceFile> open_trace_file(const std::filesystem::path& path,
                                                         const ReadOptions& options = {});

}  // namespace strataform::field
