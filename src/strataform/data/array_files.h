#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "strataform/data/gather_source.h"
#include "strataform/io/npy.h"

namespace strataform::data {

/// A .npy file of gathers, [count, shots, samples, receivers] or of one model without the first axis.
class GatherFile {
 public:
  /// Throws InputError for any other shape.
  GatherFile(const std::filesystem::path& path, std::int64_t decimation);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] const GatherShape& shape() const { return shape_; }
  [[nodiscard]] const std::filesystem::path& path() const { return reader_.path(); }
  /// Throws InputError for NaN and infinity.
  void read(std::int64_t index, std::span<float> out) const;

 private:
  io::NpyReader reader_;
  GatherShape shape_;
  std::int64_t count_ = 1;
  bool single_ = false;
};

/// A .npy file of velocity maps, [count, 1, nz, nx] or [count, nz, nx], in m/s.
class VelocityFile {
 public:
  /// Throws InputError for any other shape.
  explicit VelocityFile(const std::filesystem::path& path);

  [[nodiscard]] std::int64_t count() const { return reader_.count(); }
  [[nodiscard]] std::int64_t nz() const { return nz_; }
  [[nodiscard]] std::int64_t nx() const { return nx_; }
  [[nodiscard]] const std::filesystem::path& path() const { return reader_.path(); }
  /// Throws InputError for NaN, infinity and values that are no velocity in m/s.
  void read(std::int64_t index, std::span<float> out) const;

 private:
  io::NpyReader reader_;
  std::int64_t nz_ = 0;
  std::int64_t nx_ = 0;
};

}  // namespace strataform::data
