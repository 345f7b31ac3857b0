#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace strataform::io {

/// IEEE 754 binary16 to binary32, exact. A signalling NaN becomes quiet.
[[nodiscard]] float half_to_float(std::uint16_t half);
/// Rounds to nearest even; magnitudes from 65520 on become infinity, NaN stays NaN.
[[nodiscard]] std::uint16_t float_to_half(float value);

/// Whole arrays, bit for bit as the functions above, with the F16C instructions where the processor has them.
/// The halves are two bytes each and need not be aligned: bytes holds twice as many bytes as there are floats.
void halves_to_floats(std::span<const std::byte> halves, std::span<float> out);
void floats_to_halves(std::span<const float> values, std::span<std::byte> out);

}  // namespace strataform::io
