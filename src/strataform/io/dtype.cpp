#include "strataform/io/dtype.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "strataform/io/half.h"

namespace strataform::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian and are mapped as they are");

struct Entry {
  DType dtype;
  std::size_t size;
  std::string_view name;
  std::string_view npy;
  std::string_view safetensors;
};

// In the order of the enumerators, which index it.
constexpr std::array kEntries{
    Entry{DType::kFloat16, 2, "float16", "<f2", "F16"}, Entry{DType::kBFloat16, 2, "bfloat16", "", "BF16"},
    Entry{DType::kFloat32, 4, "float32", "<f4", "F32"}, Entry{DType::kFloat64, 8, "float64", "<f8", "F64"},
    Entry{DType::kInt8, 1, "int8", "|i1", "I8"},        Entry{DType::kUInt8, 1, "uint8", "|u1", "U8"},
    Entry{DType::kInt16, 2, "int16", "<i2", "I16"},     Entry{DType::kUInt16, 2, "uint16", "<u2", "U16"},
    Entry{DType::kInt32, 4, "int32", "<i4", "I32"},     Entry{DType::kUInt32, 4, "uint32", "<u4", "U32"},
    Entry{DType::kInt64, 8, "int64", "<i8", "I64"},     Entry{DType::kUInt64, 8, "uint64", "<u8", "U64"},
    Entry{DType::kBool, 1, "bool", "", "BOOL"},
};

const Entry& entry_of(DType dtype) { return kEntries.at(static_cast<std::size_t>(dtype)); }

void require_same_count(DType dtype, std::size_t bytes, std::size_t values) {
  if (bytes != values * size_of(dtype)) {
    throw std::invalid_argument(fmt::format("{} bytes do not hold {} {} values", bytes, values, name_of(dtype)));
  }
}

/// A bfloat16 is the upper half of a float32.
void bfloats_to_floats(std::span<const std::byte> bytes, std::span<float> out) {
  for (std::size_t index = 0; index < out.size(); ++index) {
    std::uint16_t upper = 0;
    std::memcpy(&upper, bytes.data() + index * sizeof(upper), sizeof(upper));
    out[index] = std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16U);
  }
}

template <class Number>
void numbers_to_floats(std::span<const std::byte> bytes, std::span<float> out) {
  for (std::size_t index = 0; index < out.size(); ++index) {
    Number value{};
    std::memcpy(&value, bytes.data() + index * sizeof(value), sizeof(value));
    out[index] = static_cast<float>(value);
  }
}

[[noreturn]] void refuse_conversion(DType dtype) {
  throw std::invalid_argument(fmt::format("no conversion between float32 and {}", name_of(dtype)));
}

}  // namespace

std::size_t size_of(DType dtype) { return entry_of(dtype).size; }
std::string_view name_of(DType dtype) { return entry_of(dtype).name; }
std::string_view npy_name(DType dtype) { return entry_of(dtype).npy; }
std::string_view safetensors_name(DType dtype) { return entry_of(dtype).safetensors; }

std::optional<DType> dtype_from_npy(std::string_view name) {
  for (const Entry& entry : kEntries) {
    if (!name.empty() && entry.npy == name) return entry.dtype;
  }
  return std::nullopt;
}

std::optional<DType> dtype_from_safetensors(std::string_view name) {
  for (const Entry& entry : kEntries) {
    if (entry.safetensors == name) return entry.dtype;
  }
  return std::nullopt;
}

std::optional<std::size_t> byte_count(DType dtype, std::span<const std::int64_t> shape) {
  if (std::ranges::any_of(shape, [](std::int64_t extent) { return extent < 0; })) return std::nullopt;
  // Looked for first, because the product before a zero extent may overflow.
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  auto total = static_cast<std::int64_t>(size_of(dtype));
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(total, extent, &total)) return std::nullopt;
  }
  return static_cast<std::size_t>(total);
}

std::string format_shape(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + "]";
}

void convert_to_float(DType dtype, std::span<const std::byte> bytes, std::span<float> out) {
  require_same_count(dtype, bytes.size(), out.size());
  if (bytes.empty()) return;
  switch (dtype) {
    case DType::kFloat16: return halves_to_floats(bytes, out);
    case DType::kBFloat16: return bfloats_to_floats(bytes, out);
    case DType::kFloat32: std::memcpy(out.data(), bytes.data(), bytes.size()); return;
    case DType::kFloat64: return numbers_to_floats<double>(bytes, out);
    case DType::kInt8: return numbers_to_floats<std::int8_t>(bytes, out);
    case DType::kUInt8: return numbers_to_floats<std::uint8_t>(bytes, out);
    case DType::kInt16: return numbers_to_floats<std::int16_t>(bytes, out);
    case DType::kUInt16: return numbers_to_floats<std::uint16_t>(bytes, out);
    case DType::kInt32: return numbers_to_floats<std::int32_t>(bytes, out);
    case DType::kUInt32: return numbers_to_floats<std::uint32_t>(bytes, out);
    case DType::kInt64: return numbers_to_floats<std::int64_t>(bytes, out);
    case DType::kUInt64: return numbers_to_floats<std::uint64_t>(bytes, out);
    case DType::kBool: break;
  }
  refuse_conversion(dtype);
}

void convert_from_float(DType dtype, std::span<const float> values, std::span<std::byte> out) {
  require_same_count(dtype, out.size(), values.size());
  if (out.empty()) return;
  if (dtype == DType::kFloat32) {
    std::memcpy(out.data(), values.data(), out.size());
  } else if (dtype == DType::kFloat16) {
    floats_to_halves(values, out);
  } else if (dtype == DType::kFloat64) {
    for (std::size_t index = 0; index < values.size(); ++index) {
      const double value = values[index];
      std::memcpy(out.data() + index * sizeof(value), &value, sizeof(value));
    }
  } else {
    refuse_conversion(dtype);
  }
}

}  // namespace strataform::io
