#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/field/line_scan.h"
#include "strataform/field/projection.h"
#include "strataform/field/trace_file.h"
#include "strataform/survey/modelling.h"

namespace strataform::field {

/// The shots of a line, in the order of their sources along it; each one's receivers likewise. Dead and auxiliary
/// traces are left out. Headers are kept, some 50 bytes a trace; traces are read when they are asked for. Thread-safe.
class Line {
 public:
  /// Throws IoError and InterruptedError; InputError for a file that is no line, and unless options are lenient for the
  /// first error that its headers have. Lenient, the traces with errors are left out.
  explicit Line(const std::filesystem::path& path, const ReadOptions& options = {}, const Context& context = {});

  [[nodiscard]] const TraceFile& file() const { return *file_; }
  /// Distances along the line, depths below the datum (negative: above), m. How it says when a time sample is recorded
  /// does not hold: first_time() does.
  [[nodiscard]] const survey::Survey& survey() const { return survey_; }
  /// When the first time sample of read_shot() is recorded, s after the shot; negative: before it.
  [[nodiscard]] double first_time() const { return first_time_; }
  /// The number of a shot's field record.
  [[nodiscard]] std::int64_t record(std::int64_t shot) const { return places_[static_cast<std::size_t>(shot)].record; }
  /// Where a shot's traces are in the file, in the order of its receivers.
  [[nodiscard]] const std::vector<std::int64_t>& traces(std::int64_t shot) const {
    return places_[static_cast<std::size_t>(shot)].traces;
  }
  [[nodiscard]] const Projection& projection() const { return projection_; }
  [[nodiscard]] const TraceCounts& counts() const { return counts_; }
  /// What is wrong with the headers; where it is an error, the traces that are left out.
  [[nodiscard]] const std::vector<HeaderFinding>& findings() const { return findings_; }

  /// Fills out with a shot's gather, [samples, its receivers]. Traces with another delay than first_time() are moved by
  /// whole time samples, zeros in front. Throws InputError for NaN and infinity, naming the trace; lenient, such traces
  /// are zero.
  void read_shot(std::int64_t shot, std::span<float> out) const;

 private:
  struct Places {
    std::int64_t record = 0;
    std::vector<std::int64_t> traces{};
    std::vector<std::int64_t> shifts{};  ///< time samples
  };
  void require_usable(bool lenient) const;
  void add_shot(ScannedShot shot);

  std::unique_ptr<TraceFile> file_;
  bool lenient_ = false;
  survey::Survey survey_{};
  double first_time_ = 0.0;
  std::vector<Places> places_{};
  Projection projection_{};
  TraceCounts counts_{};
  std::vector<HeaderFinding> findings_{};
};

/// "line.segy: trace 17: coordinate_scalar (bytes 71-72) is 32: expected ..".
[[nodiscard]] std::string describe(const HeaderFinding& finding, const TraceFile& file);

}  // namespace strataform::field
