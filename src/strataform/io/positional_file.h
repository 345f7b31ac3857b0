#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace strataform::io {

/// A file that is read at places: for files much larger than memory, of which a MappedFile would fill the process with
/// pages. Reading is thread-safe. Throws IoError when the path is missing, unreadable or not a regular file.
class PositionalFile {
 public:
  explicit PositionalFile(std::filesystem::path path);
  ~PositionalFile();
  PositionalFile(const PositionalFile&) = delete;
  PositionalFile& operator=(const PositionalFile&) = delete;
  PositionalFile(PositionalFile&&) = delete;
  PositionalFile& operator=(PositionalFile&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Bytes, when it was opened.
  [[nodiscard]] std::int64_t size() const { return size_; }
  /// Fills out with what begins at byte offset. Throws IoError where the file does not hold as much.
  void read(std::int64_t offset, std::span<std::byte> out) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace strataform::io
