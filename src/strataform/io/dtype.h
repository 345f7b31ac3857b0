#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace strataform::io {

/// Element types of the files that are read or written. All are little-endian on disk.
enum class DType {
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
  kInt8,
  kUInt8,
  kInt16,
  kUInt16,
  kInt32,
  kUInt32,
  kInt64,
  kUInt64,
  kBool
};

/// Bytes of one element.
[[nodiscard]] std::size_t size_of(DType dtype);
/// "float32": for people.
[[nodiscard]] std::string_view name_of(DType dtype);
/// "<f4". Empty for types that .npy files here do not have: bfloat16 and bool.
[[nodiscard]] std::string_view npy_name(DType dtype);
/// "F32".
[[nodiscard]] std::string_view safetensors_name(DType dtype);
[[nodiscard]] std::optional<DType> dtype_from_npy(std::string_view name);
[[nodiscard]] std::optional<DType> dtype_from_safetensors(std::string_view name);

/// Bytes of a whole array; nothing where an extent is negative or the product exceeds 63 bits.
[[nodiscard]] std::optional<std::size_t> byte_count(DType dtype, std::span<const std::int64_t> shape);
/// "[60, 1, 70, 70]", "[]" for a single number.
[[nodiscard]] std::string format_shape(std::span<const std::int64_t> shape);

/// Converts elements of any type but bool, which need not be aligned: integers beyond 2^24 are rounded. bytes holds
/// out.size() elements.
void convert_to_float(DType dtype, std::span<const std::byte> bytes, std::span<float> out);
/// Into float16, float32 or float64, rounding to nearest even; float16 turns magnitudes from 65520 on into infinity.
void convert_from_float(DType dtype, std::span<const float> values, std::span<std::byte> out);

}  // namespace strataform::io
