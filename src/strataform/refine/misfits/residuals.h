#pragma once

#include <span>

namespace strataform::refine {

// What several misfits are made of. All derivatives are by the modelled samples.

[[nodiscard]] double root_mean_square(std::span<const float> values);

/// 1/2 (d - o)^2.
double half_squares(std::span<const float> modelled, std::span<const float> recorded, std::span<float> derivative);

/// e^2 (sqrt(1 + (r / e)^2) - 1) with r = d - o: r^2 / 2 for small and e |r| for large residuals. half_squares() where
/// the scale e is not above 0.
double pseudo_huber(double scale, std::span<const float> modelled, std::span<const float> recorded,
                    std::span<float> derivative);

}  // namespace strataform::refine
