#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/io/npy.h"

namespace strataform::data {

/// A .npy file of gathers, [count, shots, samples, receivers] or of one model without the first axis.
class GatherFile {
 public:
  /// Throws InputError for any other shape.
  GatherFile(const std::filesystem::path& path, std::int64_t decimation);

  [[nodiscard]] std::int64_t count() const { return count_; }
  /// The file holds the gathers of one model without an axis of models.
  [[nodiscard]] bool is_single() const { return single_; }
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

/// Which values a file of velocities may hold.
enum class VelocityRange {
  kPositive,   ///< above 0: what the wave equation can be solved in
  kMetres,     ///< the same, but for maps that look like km/s
  kPlausible,  ///< kMinPlausibleVelocity..kMaxPlausibleVelocity: what a dataset to learn from can be made of
};

/// A .npy file of one velocity map [nz, nx] or of several, [N, nz, nx] or [N, 1, nz, nx], in m/s.
class VelocityFile {
 public:
  /// Throws InputError for another shape or no maps, and what NpyReader throws.
  explicit VelocityFile(const std::filesystem::path& path, VelocityRange range = VelocityRange::kMetres);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t nz() const { return nz_; }
  [[nodiscard]] std::int64_t nx() const { return nx_; }
  [[nodiscard]] const std::filesystem::path& path() const { return reader_.path(); }
  /// The file holds a map [nz, nx] without an axis of samples.
  [[nodiscard]] bool single() const { return reader_.shape().size() == 2; }
  /// As the file has it.
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return reader_.shape(); }

  /// Map index, nz x nx values. Throws InputError for NaN, infinity and values out of the range, naming the map.
  void read(std::int64_t index, std::span<float> out) const;
  /// Maps first .. first + count - 1. Throws InputError as the reading of one map does.
  void read(std::int64_t first, std::int64_t count, std::span<float> out) const;

 private:
  io::NpyReader reader_;
  VelocityRange range_;
  std::int64_t count_ = 1;
  std::int64_t nz_ = 0;
  std::int64_t nx_ = 0;
};

}  // namespace strataform::data
