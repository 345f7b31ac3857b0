#include "strataform/data/normalization.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "strataform/core/error.h"
#include "strataform/io/json_field.h"

namespace strataform::data {
namespace {

/// log(y) for normal y >= 1: y = 2^e m with m in [sqrt(1/2), sqrt(2)), and log(m) by the minimax polynomial of the
/// Cephes library's logf (Moshier). No branches or table, so that the compiler turns a loop over it into vectors.
inline float fast_log(float y) {
  constexpr std::int32_t kSqrtHalf = 0x3F3504F3;
  constexpr float kLog2 = 0.693147180559945F;
  const std::int32_t shifted = std::bit_cast<std::int32_t>(y) - kSqrtHalf;
  const auto exponent = static_cast<float>(shifted >> 23);
  const float f = std::bit_cast<float>((shifted & 0x007FFFFF) + kSqrtHalf) - 1.0F;
  float p = 7.0376836292e-2F;
  p = p * f - 1.1514610310e-1F;
  p = p * f + 1.1676998740e-1F;
  p = p * f - 1.2420140846e-1F;
  p = p * f + 1.4249322787e-1F;
  p = p * f - 1.6668057665e-1F;
  p = p * f + 2.0000714765e-1F;
  p = p * f - 2.4999993993e-1F;
  p = p * f + 3.3333331174e-1F;
  const float square = f * f;
  return exponent * kLog2 + (f + (square * f * p - 0.5F * square));
}

double signed_log(double amplitude) { return std::copysign(std::log1p(std::abs(amplitude)), amplitude); }

struct Linear {
  float scale;
  float offset;
};

/// The map from [low, high] to [-1, 1].
Linear to_unit(double low, double high) {
  const double scale = 2.0 / (high - low);
  return {static_cast<float>(scale), static_cast<float>(-1.0 - low * scale)};
}

Linear from_unit(double low, double high) {
  return {static_cast<float>(0.5 * (high - low)), static_cast<float>(0.5 * (high + low))};
}

void apply(const Linear& linear, std::span<const float> in, std::span<float> out) {
  const float* const source = in.data();
  float* const target = out.data();
  for (std::size_t i = 0; i < in.size(); ++i) target[i] = linear.scale * source[i] + linear.offset;
}

void check_range(double low, double high, const char* what) {
  if (std::isfinite(low) && std::isfinite(high) && low < high) return;
  throw UsageError(fmt::format("the {} range: expected two increasing numbers, found {} {}", what, low, high));
}

}  // namespace

void normalize_gathers(const Normalization& normalization, std::span<const float> amplitudes, std::span<float> out) {
  const Linear linear = to_unit(signed_log(normalization.data_min), signed_log(normalization.data_max));
  const float* const source = amplitudes.data();
  float* const target = out.data();
  for (std::size_t i = 0; i < amplitudes.size(); ++i) {
    const float x = source[i];
    target[i] = linear.scale * std::copysign(fast_log(1.0F + std::abs(x)), x) + linear.offset;
  }
}

void normalize_velocity(const Normalization& normalization, std::span<const float> velocity, std::span<float> out) {
  apply(to_unit(normalization.velocity_min, normalization.velocity_max), velocity, out);
}

void denormalize_velocity(const Normalization& normalization, std::span<const float> values, std::span<float> out) {
  apply(from_unit(normalization.velocity_min, normalization.velocity_max), values, out);
}

void check(const Normalization& normalization) {
  check_range(normalization.data_min, normalization.data_max, "data");
  check_range(normalization.velocity_min, normalization.velocity_max, "velocity");
}

nlohmann::json to_json(const Normalization& normalization) {
  return {{"data_min", normalization.data_min},
          {"data_max", normalization.data_max},
          {"velocity_min", normalization.velocity_min},
          {"velocity_max", normalization.velocity_max}};
}

Normalization normalization_from_json(const nlohmann::json& json, const std::string& where) {
  Normalization normalization;
  normalization.data_min = io::json_field<double>(json, "data_min", where);
  normalization.data_max = io::json_field<double>(json, "data_max", where);
  normalization.velocity_min = io::json_field<double>(json, "velocity_min", where);
  normalization.velocity_max = io::json_field<double>(json, "velocity_max", where);
  try {
    check(normalization);
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", where, error.what()));
  }
  return normalization;
}

}  // namespace strataform::data
