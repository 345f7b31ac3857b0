#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace strataform::io {

/// CRC-32C (Castagnoli et al., 1993; RFC 3720, appendix B.4).
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes);

/// Scalars over training steps in the files that TensorBoard reads: Event messages of TensorFlow's event.proto in
/// Protocol Buffers' wire format, each framed as a TFRecord.
class ScalarEventWriter {
 public:
  /// Begins a new file in folder, which is created where it is missing; TensorBoard joins the files of one folder.
  /// Throws IoError.
  explicit ScalarEventWriter(const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// tag: a name such as "train/loss". The value is certainly in the file only after flush(). Throws IoError.
  void add(std::string_view tag, float value, std::int64_t step);
  void flush();

 private:
  void write_record(const std::string& event);
  void require_good() const;

  std::filesystem::path path_;
  std::ofstream stream_;
};

/// Cuts what the files of ScalarEventWriter in a folder have of steps after last_step, or of none that was written as a
/// whole: for a run that goes on from that step and will write the later ones again. last_step is -1 where it begins
/// anew. Throws IoError.
void cut_scalar_events(const std::filesystem::path& folder, std::int64_t last_step);

}  // namespace strataform::io
