#include "strataform/refine/misfits/residuals.h"

#include <algorithm>
#include <cmath>

namespace strataform::refine {

double root_mean_square(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(1, values.size())));
}

double half_squares(std::span<const float> modelled, std::span<const float> recorded, std::span<float> derivative) {
  double sum = 0.0;
  for (std::size_t i = 0; i < modelled.size(); ++i) {
    derivative[i] = modelled[i] - recorded[i];
    sum += 0.5 * static_cast<double>(derivative[i]) * derivative[i];
  }
  return sum;
}

double pseudo_huber(double scale, std::span<const float> modelled, std::span<const float> recorded,
                    std::span<float> derivative) {
  if (scale <= 0.0) return half_squares(modelled, recorded, derivative);
  double sum = 0.0;
  for (std::size_t i = 0; i < modelled.size(); ++i) {
    const double residual = static_cast<double>(modelled[i]) - recorded[i];
    const double root = std::sqrt(1.0 + residual * residual / (scale * scale));
    derivative[i] = static_cast<float>(residual / root);
    sum += scale * scale * (root - 1.0);
  }
  return sum;
}

}  // namespace strataform::refine
