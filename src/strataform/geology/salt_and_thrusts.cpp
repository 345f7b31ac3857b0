#include "strataform/geology/salt_and_thrusts.h"

#include <algorithm>
#include <cmath>

namespace strataform::geology {

bool SaltBody::contains(Point point) const {
  const double across = (point.x - centre.x) / half_width;
  if (std::abs(across) >= 1.0) return false;
  const double arc = half_height * std::sqrt(1.0 - across * across);
  const double top = centre.z - arc + evaluate(rugosity, point.x);
  return point.z >= top && point.z < centre.z + 0.6 * arc;
}

double SaltBody::uplift(Point point) const {
  const double across = (point.x - centre.x) / (0.8 * half_width);
  const double above = std::max(0.0, centre.z - half_height - point.z) / (2.0 * half_height);
  return 0.7 * half_height * std::exp(-across * across - above);
}

SaltBody draw_salt(Random& random, const MapSize& size) {
  const double scale = length_scale(size);
  const auto nx = static_cast<double>(size.nx);
  const auto nz = static_cast<double>(size.nz);
  SaltBody salt;
  salt.centre = {nx * random.uniform(0.25, 0.75), nz * random.uniform(0.68, 0.82)};
  salt.half_width = scale * random.uniform(16.0, 30.0);
  salt.half_height = scale * random.uniform(13.0, 22.0);
  salt.rugosity = draw_curve(random, {4, 1.6 * scale, 5.0 * scale, 16.0 * scale});
  salt.velocity = std::round(random.uniform(4400.0, kMaxVelocity));
  return salt;
}

LayerStack draw_thin_layers(Random& random, const MapSize& size) {
  LayerOptions layers;
  layers.velocity = {true, 1600.0, 2000.0, 3500.0, 4100.0, 60.0};
  layers.depth = {3.0, 1.0};
  layers.fold_min = 2.0;
  layers.fold_max = 5.0;
  return draw_stack(random, static_cast<int>(random.integer(9, 13)), size, layers);
}

std::vector<Fault> draw_thrusts(Random& random, const MapSize& size) {
  std::vector<Fault> faults = draw_faults(random, size, {2, 3, 18.0, 35.0, 10.0, 20.0, 1.0});
  for (auto& fault : faults) fault.direction = faults.front().direction;
  return faults;
}

}  // namespace strataform::geology
