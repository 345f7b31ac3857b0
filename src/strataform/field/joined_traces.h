#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "strataform/field/trace_file.h"

namespace strataform::field {

/// The traces of several files, one file after another, as of one.
class JoinedTraces : public TraceFile {
 public:
  /// Files whose samples differ from the first one's, and those that cannot be opened, are errors, or left out where
  /// options are lenient. Throws InputError where none is left.
  JoinedTraces(std::string name, const std::vector<std::filesystem::path>& paths, const ReadOptions& options);

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string name_of(std::int64_t trace) const override;
  [[nodiscard]] std::string format() const override;
  [[nodiscard]] std::vector<std::string> text() const override { return files_.front()->text(); }
  [[nodiscard]] std::int64_t traces() const override { return starts_.back(); }
  [[nodiscard]] std::int64_t samples() const override { return files_.front()->samples(); }
  [[nodiscard]] double sample_interval() const override { return files_.front()->sample_interval(); }
  [[nodiscard]] std::vector<HeaderFinding> findings() const override { return findings_; }
  [[nodiscard]] TraceHeader header(std::int64_t trace) const override;
  void read_trace(std::int64_t trace, std::span<float> out) const override;

 private:
  /// The file of a trace and its number there.
  [[nodiscard]] std::pair<const TraceFile*, std::int64_t> place_of(std::int64_t trace) const;
  void add(std::unique_ptr<TraceFile> file, bool lenient);

  std::string name_;
  std::vector<std::unique_ptr<TraceFile>> files_{};
  std::vector<std::int64_t> starts_{0};  ///< of each file's traces, and the end
  std::vector<HeaderFinding> findings_{};
};

/// By the numbers in them, where names are otherwise the same: "9.dat" before "10.dat".
[[nodiscard]] bool is_numbered_before(const std::string& left, const std::string& right);

}  // namespace strataform::field
