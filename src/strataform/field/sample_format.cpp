#include "strataform/field/sample_format.h"

#include <segyio/segy.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "strataform/field/header_word.h"

namespace strataform::field {
namespace {

constexpr std::array kFormats{
    SampleFormat{1, 4, "IBM floats of 4 bytes"},
    SampleFormat{2, 4, "integers of 4 bytes"},
    SampleFormat{3, 2, "integers of 2 bytes"},
    SampleFormat{5, 4, "IEEE floats of 4 bytes"},
    SampleFormat{6, 8, "IEEE floats of 8 bytes"},
    SampleFormat{7, 3, "integers of 3 bytes"},
    SampleFormat{8, 1, "integers of 1 byte"},
    SampleFormat{9, 8, "integers of 8 bytes"},
    SampleFormat{10, 4, "integers of 4 bytes, without sign"},
    SampleFormat{11, 2, "integers of 2 bytes, without sign"},
    SampleFormat{12, 8, "integers of 8 bytes, without sign"},
    SampleFormat{15, 3, "integers of 3 bytes, without sign"},
    SampleFormat{16, 1, "integers of 1 byte, without sign"},
};

/// One sample whose bytes stand in big-endian order.
float decode_big_endian(int code, std::span<const std::byte> bytes) {
  const std::int64_t value = read_integer(bytes, true);
  switch (code) {
    case 6: return static_cast<float>(std::bit_cast<double>(value));
    case 10:
    case 11:
    case 15:
    case 16: return static_cast<float>(value & ((std::int64_t{1} << (8 * bytes.size())) - 1));
    case 12: return static_cast<float>(static_cast<std::uint64_t>(value));
    default: return static_cast<float>(value);
  }
}

}  // namespace

std::optional<SampleFormat> find_sample_format(std::int64_t code) {
  const auto* const found = std::ranges::find(kFormats, code, &SampleFormat::code);
  if (found == kFormats.end()) return std::nullopt;
  return *found;
}

void decode_samples(const SampleFormat& format, bool big_endian, std::span<std::byte> bytes, std::span<float> out) {
  const auto size = static_cast<std::size_t>(format.bytes);
  if (!big_endian) {
    for (std::size_t first = 0; first < bytes.size(); first += size) std::ranges::reverse(bytes.subspan(first, size));
  }
  if (format.code == kIbmFloat || format.code == kIeeeFloat) {
    segy_to_native(format.code, std::ssize(out), bytes.data());
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return;
  }
  for (std::size_t k = 0; k < out.size(); ++k) {
    out[k] = decode_big_endian(format.code, bytes.subspan(k * size, size));
  }
}

}  // namespace strataform::field
