#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace strataform::data {

/// The common range that gathers and velocities are scaled with, stored inside every model.
///
/// Amplitudes: x -> 2 (L(x) - L(data_min)) / (L(data_max) - L(data_min)) - 1 with L(x) = sign(x) log(1 + |x|).
/// Velocities: v -> 2 (v - velocity_min) / (velocity_max - velocity_min) - 1.
/// What lies within the range is mapped to [-1, 1]; what lies outside is not clipped.
struct Normalization {
  double data_min = -30.0;  ///< amplitude before the logarithm
  double data_max = 60.0;
  double velocity_min = 1500.0;  ///< m/s
  double velocity_max = 4500.0;

  bool operator==(const Normalization&) const = default;
};

/// The logarithm is a polynomial that vectorises: within 1e-6 of the formula over the whole range of amplitudes.
/// In and out may be the same memory. Values must be finite.
void normalize_gathers(const Normalization& normalization, std::span<const float> amplitudes, std::span<float> out);
void normalize_velocity(const Normalization& normalization, std::span<const float> velocity, std::span<float> out);
void denormalize_velocity(const Normalization& normalization, std::span<const float> values, std::span<float> out);

/// Throws UsageError where a range is empty or not finite.
void check(const Normalization& normalization);

nlohmann::json to_json(const Normalization& normalization);
/// Throws InputError; where names the file that the JSON came from.
Normalization normalization_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace strataform::data
