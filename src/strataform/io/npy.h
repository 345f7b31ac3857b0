#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/io/dtype.h"
#include "strataform/io/mapped_file.h"
#include "strataform/io/npy_header.h"

namespace strataform::io {

/// A .npy file of numbers, floating-point or integer, memory-mapped. The constructor checks the header and that the
/// file is neither truncated nor oversized. Reading is thread-safe.
/// Throws InputError for the content and IoError when the file is missing or unreadable.
class NpyReader {
 public:
  explicit NpyReader(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] DType dtype() const { return header_.dtype; }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return header_.shape; }
  [[nodiscard]] bool fortran_order() const { return header_.fortran_order; }
  /// The extent of the first axis; 1 for a zero-dimensional array.
  [[nodiscard]] std::int64_t count() const { return header_.shape.empty() ? 1 : header_.shape.front(); }
  /// Elements for each index of the first axis: the product of the other extents.
  [[nodiscard]] std::int64_t item_size() const { return item_size_; }

  /// Items first .. first + count - 1 along the first axis as float32, in C order whatever the file's order.
  /// out holds count * item_size() values. Throws std::out_of_range when the items or out do not fit.
  void read(std::int64_t first, std::int64_t count, std::span<float> out) const;
  [[nodiscard]] std::vector<float> read_all() const;

 private:
  void read_fortran(std::int64_t first, std::int64_t count, std::span<float> out) const;

  std::filesystem::path path_;
  MappedFile file_;
  NpyHeader header_;
  std::span<const std::byte> data_;
  std::int64_t item_size_ = 1;
};

/// Writes a .npy file piece by piece, in C order; it appears at commit(). Throws IoError, naming the file.
class NpyWriter {
 public:
  NpyWriter(const std::filesystem::path& path, DType dtype, std::vector<std::int64_t> shape,
            Overwrite overwrite = Overwrite::kRefuse);

  /// Any number of values that follow the earlier ones. Throws NumericalError where float16 would lose them, because
  /// they are too small or too large as a whole: see fits_half().
  void append(std::span<const float> values);
  /// Throws std::logic_error when not as many values were appended as the shape has.
  void commit();

 private:
  std::filesystem::path path_;
  AtomicFile file_;
  DType dtype_;
  std::vector<std::int64_t> shape_;
  std::size_t remaining_;
};

/// Writes a whole array. Throws std::logic_error when values do not fill the shape.
void write_npy(const std::filesystem::path& path, std::span<const float> values, std::vector<std::int64_t> shape,
               DType dtype = DType::kFloat32, Overwrite overwrite = Overwrite::kRefuse);

/// Throws InputError, naming the file, what ("velocity") and the flat index of the first NaN or infinity.
void require_finite(std::span<const float> values, const std::filesystem::path& path, std::string_view what);

}  // namespace strataform::io
