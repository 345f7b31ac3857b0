#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "strataform/field/segy_layout.h"
#include "strataform/field/trace_file.h"

namespace strataform::field {

/// A SEG-Y or SU file.
class SegyFile : public TraceFile {
 public:
  enum class Kind { kSegy, kSu };
  SegyFile(const std::filesystem::path& path, Kind kind, const ReadOptions& options);

  [[nodiscard]] std::string name() const override { return file_.path().string(); }
  [[nodiscard]] std::string format() const override;
  [[nodiscard]] std::vector<std::string> text() const override { return layout_.text.lines; }
  [[nodiscard]] std::int64_t traces() const override { return layout_.traces; }
  [[nodiscard]] std::int64_t samples() const override { return layout_.samples; }
  [[nodiscard]] double sample_interval() const override { return layout_.sample_interval; }
  [[nodiscard]] std::vector<HeaderFinding> findings() const override { return layout_.findings; }
  [[nodiscard]] TraceHeader header(std::int64_t trace) const override;
  void read_trace(std::int64_t trace, std::span<float> out) const override;

  /// The header as it is in the file, 240 bytes.
  [[nodiscard]] std::vector<std::byte> raw_header(std::int64_t trace) const;
  [[nodiscard]] const SegyLayout& layout() const { return layout_; }
  [[nodiscard]] const HeaderWords& words() const { return words_; }

 private:
  [[nodiscard]] double scaled(std::span<const std::byte> header, Word value, Word scalar, double unit,
                              std::int64_t trace) const;
  /// What to say of coordinate units that are no length, where the offset tells that the coordinates are lengths.
  [[nodiscard]] std::string check_lengths(std::int64_t units, std::int64_t trace, const TraceHeader& header) const;
  void read_positions(std::span<const std::byte> header, std::int64_t trace, TraceHeader& result) const;

  io::PositionalFile file_;
  Kind kind_;
  ReadOptions options_;
  SegyLayout layout_;
  HeaderWords words_;
};

}  // namespace strataform::field
