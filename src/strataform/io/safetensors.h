#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/io/dtype.h"
#include "strataform/io/mapped_file.h"

namespace strataform::io {

struct TensorInfo {
  std::string name;
  DType dtype = DType::kFloat32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;  ///< C order, little-endian, not owned; in a file of others perhaps unaligned
};

/// A .safetensors file, memory-mapped: eight bytes of header length, a JSON header, the data (the format of the
/// safetensors project). The data of its tensors live as long as the object does.
/// Throws InputError for whatever the format forbids: header length, JSON, repeated keys, unknown types, data that
/// have gaps, overlap, do not match type and shape, or are truncated. Throws IoError when it cannot be read.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// In the order of their data.
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// nullptr when there is no tensor of that name.
  [[nodiscard]] const TensorInfo* find(std::string_view name) const;

 private:
  std::filesystem::path path_;
  MappedFile file_;
  std::map<std::string, std::string> metadata_;
  std::vector<TensorInfo> tensors_;
};

/// Writes tensors in the order of falling element size, then of names, so that all data are aligned; the same
/// tensors and metadata give the same bytes. Throws IoError, and std::invalid_argument for tensors whose data do not
/// match type and shape or whose names repeat.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorInfo> tensors,
                       const std::map<std::string, std::string>& metadata, Overwrite overwrite = Overwrite::kRefuse);

}  // namespace strataform::io
