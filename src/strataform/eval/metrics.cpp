#include "strataform/eval/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

namespace strataform::eval {
namespace {

constexpr std::int64_t kRadius = 5;
constexpr std::int64_t kWidth = 2 * kRadius + 1;
constexpr double kSigma = 1.5;
constexpr float kC1 = 0.01F * 0.01F;
constexpr float kC2 = 0.03F * 0.03F;

using Map = std::vector<float>;
using Window = std::array<float, kWidth * kWidth>;

void require_same_size(std::span<const float> prediction, std::span<const float> truth) {
  if (prediction.empty() || prediction.size() != truth.size()) {
    throw std::invalid_argument("metrics need two maps of the same size");
  }
}

Window make_window() {
  std::array<float, kWidth> line{};
  double sum = 0.0;
  for (std::int64_t offset = 0; offset < kWidth; ++offset) {
    const auto distance = static_cast<double>(offset - kRadius);
    const double weight = std::exp(-distance * distance / (2.0 * kSigma * kSigma));
    line[static_cast<std::size_t>(offset)] = static_cast<float>(weight);
    sum += weight;
  }
  for (float& weight : line) weight /= static_cast<float>(sum);
  Window window{};
  for (std::size_t cell = 0; cell < window.size(); ++cell) {
    window[cell] = line[cell / kWidth] * line[cell % kWidth];
  }
  return window;
}

/// The weighted mean around each cell, in float32 and in this order of summation: so the published figures were
/// computed, and in smooth maps, where the variances below cancel, another rounding changes the result by up to 1e-5.
Map local_mean(const Map& map, std::int64_t rows, std::int64_t columns) {
  static const Window window = make_window();
  const std::int64_t stride = columns + 2 * kRadius;
  Map padded(static_cast<std::size_t>((rows + 2 * kRadius) * stride));
  for (std::int64_t row = 0; row < rows; ++row) {
    std::copy_n(map.begin() + row * columns, columns, padded.begin() + (row + kRadius) * stride + kRadius);
  }
  Map result(map.size());
  for (std::int64_t row = 0; row < rows; ++row) {
    float* out = result.data() + row * columns;
    for (std::int64_t tap = 0; tap < kWidth * kWidth; ++tap) {
      const float weight = window[static_cast<std::size_t>(tap)];
      const float* in = padded.data() + (row + tap / kWidth) * stride + tap % kWidth;
      for (std::int64_t column = 0; column < columns; ++column) out[column] += weight * in[column];
    }
  }
  return result;
}

Map product(const Map& a, const Map& b) {
  Map result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::multiplies<>());
  return result;
}

Map to_unit(std::span<const float> values) {
  Map result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](float value) { return (value + 1.0F) / 2.0F; });
  return result;
}

}  // namespace

double mean_absolute_error(std::span<const float> prediction, std::span<const float> truth) {
  require_same_size(prediction, truth);
  double sum = 0.0;
  for (std::size_t index = 0; index < truth.size(); ++index) {
    sum += std::abs(static_cast<double>(prediction[index]) - static_cast<double>(truth[index]));
  }
  return sum / static_cast<double>(truth.size());
}

double mean_squared_error(std::span<const float> prediction, std::span<const float> truth) {
  require_same_size(prediction, truth);
  double sum = 0.0;
  for (std::size_t index = 0; index < truth.size(); ++index) {
    const double difference = static_cast<double>(prediction[index]) - static_cast<double>(truth[index]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(truth.size());
}

double structural_similarity(std::span<const float> prediction, std::span<const float> truth, std::int64_t rows,
                             std::int64_t columns) {
  require_same_size(prediction, truth);
  if (rows * columns != static_cast<std::int64_t>(truth.size())) {
    throw std::invalid_argument("structural similarity needs maps of rows x columns");
  }
  const Map x = to_unit(prediction);
  const Map y = to_unit(truth);
  const Map mean_x = local_mean(x, rows, columns);
  const Map mean_y = local_mean(y, rows, columns);
  const Map mean_xx = local_mean(product(x, x), rows, columns);
  const Map mean_yy = local_mean(product(y, y), rows, columns);
  const Map mean_xy = local_mean(product(x, y), rows, columns);
  double sum = 0.0;
  for (std::size_t cell = 0; cell < x.size(); ++cell) {
    const float means = mean_x[cell] * mean_y[cell];
    const float squares = mean_x[cell] * mean_x[cell] + mean_y[cell] * mean_y[cell];
    const float covariance = mean_xy[cell] - means;
    const float variances = mean_xx[cell] + mean_yy[cell] - squares;
    sum += (2.0F * means + kC1) * (2.0F * covariance + kC2) / ((squares + kC1) * (variances + kC2));
  }
  return sum / static_cast<double>(x.size());
}

}  // namespace strataform::eval
