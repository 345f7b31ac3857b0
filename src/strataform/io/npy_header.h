#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "strataform/io/dtype.h"

namespace strataform::io {

/// What precedes the data of a .npy file (NumPy enhancement proposal 1 and numpy.lib.format).
struct NpyHeader {
  DType dtype = DType::kFloat32;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
  std::size_t data_offset = 0;
};

/// Reads versions 1.0, 2.0 and 3.0 of the format from the whole content of a file and checks that exactly the bytes
/// of the data follow. Throws InputError, naming path.
[[nodiscard]] NpyHeader parse_npy_header(std::span<const std::byte> content, const std::filesystem::path& path);

/// The bytes of a version 1.0 header in C order, padded so that the data begin at a multiple of 64 as NumPy's do.
/// Throws std::invalid_argument where .npy files here do not have the type or the header is too long.
[[nodiscard]] std::string make_npy_header(DType dtype, std::span<const std::int64_t> shape);

}  // namespace strataform::io
