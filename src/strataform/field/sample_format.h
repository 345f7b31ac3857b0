#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace strataform::field {

/// How the samples of a SEG-Y file are coded (SEG-Y rev 2.0, binary header bytes 3225-3226).
struct SampleFormat {
  int code = 0;
  std::int64_t bytes = 0;  ///< of one sample
  std::string_view name{};
};

inline constexpr int kIbmFloat = 1;
inline constexpr int kIeeeFloat = 5;

/// Nothing for codes that the standard does not define or calls obsolete: 4, and those beyond 16.
[[nodiscard]] std::optional<SampleFormat> find_sample_format(std::int64_t code);

/// Fills out with the samples in bytes, which are out.size() times format.bytes; they are changed on the way. Values
/// that float32 does not hold exactly are rounded, those beyond it become infinite.
void decode_samples(const SampleFormat& format, bool big_endian, std::span<std::byte> bytes, std::span<float> out);

}  // namespace strataform::field
