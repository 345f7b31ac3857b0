#include "strataform/io/half.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace strataform::io {
namespace {

// The compiler's own type, which is IEEE's binary16 and an extension of C++20 that gcc and clang have.
__extension__ using Half = _Float16;

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

float half_to_float(std::uint16_t half) { return static_cast<float>(std::bit_cast<Half>(half)); }

std::uint16_t float_to_half(float value) { return std::bit_cast<std::uint16_t>(static_cast<Half>(value)); }

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
