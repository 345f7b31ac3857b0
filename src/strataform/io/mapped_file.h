#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace strataform::io {

/// A whole file, read-only in memory: pages are loaded when they are touched.
/// Throws IoError when the path is missing, unreadable or not a regular file.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace strataform::io
