#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "strataform/field/seg2_strings.h"
#include "strataform/field/trace_file.h"
#include "strataform/io/positional_file.h"

namespace strataform::field {

/// A SEG-2 file, most often of one shot (Pullan, "Recommended standard for seismic (/radar) data files in the personal
/// computer environment", Geophysics 55, 1990). Samples are multiplied by their trace's DESCALING_FACTOR, which makes
/// traces of different gains comparable.
class Seg2File : public TraceFile {
 public:
  Seg2File(const std::filesystem::path& path, const ReadOptions& options);

  [[nodiscard]] std::string name() const override { return file_.path().string(); }
  [[nodiscard]] std::string format() const override;
  [[nodiscard]] std::vector<std::string> text() const override;
  [[nodiscard]] std::int64_t traces() const override { return static_cast<std::int64_t>(blocks_.size()); }
  [[nodiscard]] std::int64_t samples() const override { return samples_; }
  [[nodiscard]] double sample_interval() const override { return sample_interval_; }
  [[nodiscard]] std::vector<HeaderFinding> findings() const override { return findings_; }
  [[nodiscard]] TraceHeader header(std::int64_t trace) const override;
  void read_trace(std::int64_t trace, std::span<float> out) const override;

 private:
  /// A trace: where its block begins and its samples do.
  struct Block {
    std::int64_t place = 0, strings_end = 0, data = 0, samples = 0;
    int code = 0;           ///< of the sample format
    std::string problem{};  ///< why it cannot be used
  };

  [[nodiscard]] std::vector<std::byte> bytes_at(std::int64_t place, std::int64_t count) const;
  [[nodiscard]] std::int64_t integer_at(std::int64_t place, std::int64_t count) const;
  [[nodiscard]] Block read_block(std::int64_t place) const;
  [[nodiscard]] Seg2Strings strings_of(std::int64_t trace) const;
  [[nodiscard]] double number(const Seg2Strings& strings, std::int64_t trace, std::string_view keyword,
                              double otherwise) const;
  [[nodiscard]] Station station(const Seg2Strings& strings, std::int64_t trace, std::string_view keyword) const;
  void find_samples(const ReadOptions& options);

  io::PositionalFile file_;
  ReadOptions options_;
  bool big_endian_ = false;
  Seg2Strings strings_{};
  std::vector<Block> blocks_{};
  std::int64_t samples_ = 0;
  double sample_interval_ = 0.0;
  std::vector<HeaderFinding> findings_{};
};

}  // namespace strataform::field
