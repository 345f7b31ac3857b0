#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "strataform/io/npy.h"

namespace strataform::app {

/// A .npy file of one velocity model [nz, nx] or of several, [N, nz, nx] or [N, 1, nz, nx], in m/s.
/// Throws InputError for another shape or no models, and what NpyReader throws.
class VelocityFile {
 public:
  explicit VelocityFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return reader_.path(); }
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t nz() const { return nz_; }
  [[nodiscard]] std::int64_t nx() const { return nx_; }
  /// The file holds a model [nz, nx] without an axis of samples.
  [[nodiscard]] bool single() const { return reader_.shape().size() == 2; }

  /// Models first .. first + count - 1. Throws InputError where a velocity is not finite and above 0.
  void read(std::int64_t first, std::int64_t count, std::span<float> out) const;

 private:
  io::NpyReader reader_;
  std::int64_t count_ = 1;
  std::int64_t nz_ = 0;
  std::int64_t nx_ = 0;
};

}  // namespace strataform::app
