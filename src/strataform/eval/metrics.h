#pragma once

#include <cstdint>
#include <span>

namespace strataform::eval {

/// The field's metrics. All take two maps of one size with values on [-1, 1] and throw std::invalid_argument for maps
/// that differ in size or are empty.

[[nodiscard]] double mean_absolute_error(std::span<const float> prediction, std::span<const float> truth);
[[nodiscard]] double mean_squared_error(std::span<const float> prediction, std::span<const float> truth);

/// Structural similarity (Wang et al., 2004) of one map [rows, columns], averaged over its cells. Computed on [0, 1],
/// so C1 = 0.01^2 and C2 = 0.03^2, in a Gaussian window of 11 x 11 cells and sigma 1.5 with zeros outside the map.
[[nodiscard]] double structural_similarity(std::span<const float> prediction, std::span<const float> truth,
                                           std::int64_t rows, std::int64_t columns);

}  // namespace strataform::eval
