#include "strataform/io/half.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace strataform::io {
namespace {

constexpr std::uint32_t kFloatInfinity = 0x7f800000U;
constexpr std::uint32_t kSmallestHalfOverflow = 0x477ff000U;  // 65520, half way between 65504 and 65536
constexpr std::uint32_t kSmallestNormalHalf = 0x38800000U;    // 2^-14
constexpr std::uint32_t kExponentShift = 112;                 // 127 - 15, the difference of the two biases

/// value / 2^shift, rounded to nearest even.
std::uint32_t shift_and_round(std::uint32_t value, std::uint32_t shift) {
  const std::uint32_t half_minus_one = (1U << (shift - 1U)) - 1U;
  return (value + half_minus_one + ((value >> shift) & 1U)) >> shift;
}

#if defined(__x86_64__)

constexpr std::size_t kLanes = 8;

bool has_f16c() {
  static const bool value = __builtin_cpu_supports("avx") != 0 && __builtin_cpu_supports("f16c") != 0;
  return value;
}

// Both return how many leading elements they converted: the largest multiple of kLanes.
__attribute__((target("avx,f16c"))) std::size_t halves_to_floats_f16c(const std::byte* halves, std::span<float> out) {
  std::size_t index = 0;
  for (; index + kLanes <= out.size(); index += kLanes) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + 2 * index));
    _mm256_storeu_ps(out.data() + index, _mm256_cvtph_ps(packed));
  }
  return index;
}

__attribute__((target("avx,f16c"))) std::size_t floats_to_halves_f16c(std::span<const float> values, std::byte* out) {
  std::size_t index = 0;
  for (; index + kLanes <= values.size(); index += kLanes) {
    const __m128i packed = _mm256_cvtps_ph(_mm256_loadu_ps(values.data() + index), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * index), packed);
  }
  return index;
}

#else

bool has_f16c() { return false; }
std::size_t halves_to_floats_f16c(const std::byte*, std::span<float>) { return 0; }
std::size_t floats_to_halves_f16c(std::span<const float>, std::byte*) { return 0; }

#endif

}  // namespace

float half_to_float(std::uint16_t half) {
  const std::uint32_t bits = half;
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;
  std::uint32_t magnitude = ((exponent + kExponentShift) << 23U) | (mantissa << 13U);
  if (exponent == 0) {
    magnitude = std::bit_cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24F);
  } else if (exponent == 0x1fU) {
    const std::uint32_t quiet = mantissa != 0 ? 0x400000U : 0U;
    magnitude = kFloatInfinity | quiet | (mantissa << 13U);
  }
  return std::bit_cast<float>(sign | magnitude);
}

std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  std::uint32_t half = 0;
  if (magnitude > kFloatInfinity) {
    half = 0x7e00U | ((magnitude >> 13U) & 0x3ffU);
  } else if (magnitude >= kSmallestHalfOverflow) {
    half = 0x7c00U;
  } else if (magnitude >= kSmallestNormalHalf) {
    // A carry out of the mantissa raises the exponent, as it should.
    half = shift_and_round(magnitude - (kExponentShift << 23U), 13);
  } else {
    // A subnormal half counts units of 2^-24; the mantissa with its leading one counts units of 2^(exponent - 150).
    const std::uint32_t shift = 126U - (magnitude >> 23U);
    if (shift <= 24U) half = shift_and_round((magnitude & 0x7fffffU) | 0x800000U, shift);
  }
  return static_cast<std::uint16_t>(sign | half);
}

void halves_to_floats(std::span<const std::byte> halves, std::span<float> out) {
  std::size_t index = has_f16c() ? halves_to_floats_f16c(halves.data(), out) : 0;
  for (; index < out.size(); ++index) {
    std::uint16_t half = 0;
    std::memcpy(&half, halves.data() + 2 * index, sizeof(half));
    out[index] = half_to_float(half);
  }
}

void floats_to_halves(std::span<const float> values, std::span<std::byte> out) {
  std::size_t index = has_f16c() ? floats_to_halves_f16c(values, out.data()) : 0;
  for (; index < values.size(); ++index) {
    const std::uint16_t half = float_to_half(values[index]);
    std::memcpy(out.data() + 2 * index, &half, sizeof(half));
  }
}

}  // namespace strataform::io
