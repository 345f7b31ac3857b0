#include "strataform/geology/gaussian_field.h"

#include <cmath>

namespace strataform::geology {
namespace {

/// Gaussian taps whose squares sum to one: filtered white noise keeps its deviation.
std::vector<double> unit_power_kernel(double deviation) {
  const auto radius = static_cast<int>(std::ceil(3.0 * deviation));
  std::vector<double> taps;
  double power = 0.0;
  for (int k = -radius; k <= radius; ++k) {
    taps.push_back(std::exp(-0.5 * k * k / (deviation * deviation)));
    power += taps.back() * taps.back();
  }
  for (auto& tap : taps) tap /= std::sqrt(power);
  return taps;
}

}  // namespace

std::vector<double> gaussian_field(Random& random, const MapSize& size, double correlation_length) {
  const auto kernel = unit_power_kernel(0.5 * correlation_length);
  const std::size_t taps = kernel.size();
  const auto nz = static_cast<std::size_t>(size.nz);
  const auto nx = static_cast<std::size_t>(size.nx);
  const std::size_t rows = nz + taps - 1;

  // Along x one noisy row at a time; then along z, whole rows at once.
  std::vector<double> noise(nx + taps - 1);
  std::vector<double> smooth_rows(rows * nx, 0.0);
  for (std::size_t z = 0; z < rows; ++z) {
    for (auto& value : noise) value = random.normal();
    for (std::size_t k = 0; k < taps; ++k) {
      for (std::size_t x = 0; x < nx; ++x) smooth_rows[z * nx + x] += kernel[k] * noise[x + k];
    }
  }
  std::vector<double> field(nz * nx, 0.0);
  for (std::size_t z = 0; z < nz; ++z) {
    for (std::size_t k = 0; k < taps; ++k) {
      for (std::size_t x = 0; x < nx; ++x) field[z * nx + x] += kernel[k] * smooth_rows[(z + k) * nx + x];
    }
  }
  return field;
}

}  // namespace strataform::geology
