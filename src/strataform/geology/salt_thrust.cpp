#include <algorithm>
#include <cmath>

#include "strataform/geology/factories.h"
#include "strataform/geology/faults.h"
#include "strataform/geology/layers.h"

namespace strataform::geology {
namespace {

/// A body of salt: an ellipse whose upper side is rugose. Lengths in cells.
struct SaltBody {
  Point centre;
  double half_width = 1.0;
  double half_height = 1.0;
  Curve rugosity;
  double velocity = kMaxVelocity;

  [[nodiscard]] bool contains(Point point) const {
    const double across = (point.x - centre.x) / half_width;
    if (std::abs(across) >= 1.0) return false;
    const double arc = half_height * std::sqrt(1.0 - across * across);
    const double top = centre.z - arc + evaluate(rugosity, point.x);
    return point.z >= top && point.z < centre.z + 0.6 * arc;
  }

  /// How far the rock at point was lifted by the rising salt: most at its crest, dying out upwards and sideways.
  [[nodiscard]] double uplift(Point point) const {
    const double across = (point.x - centre.x) / (0.8 * half_width);
    const double above = std::max(0.0, centre.z - half_height - point.z) / (2.0 * half_height);
    return 0.7 * half_height * std::exp(-across * across - above);
  }
};

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

/// Thrusted, folded layers over a salt body: thin layers that quicken with depth, arched over the salt, then carried
/// by low-angle thrusts that put older, faster rock on younger, slower rock. The salt came before the thrusts, so they
/// cut it too.
class SaltThrust : public Family {
 public:
  SaltThrust() : Family("SaltThrust") {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int /*layers*/) const override {
    LayerOptions layers;
    layers.velocity = {true, 1600.0, 2000.0, 3500.0, 4100.0, 60.0};
    layers.depth = {3.0, 1.0};
    layers.fold_min = 2.0;
    layers.fold_max = 5.0;
    const FaultOptions thrusts{2, 3, 18.0, 35.0, 10.0, 20.0, 1.0};

    const LayerStack stack = draw_stack(random, static_cast<int>(random.integer(9, 13)), size, layers);
    const SaltBody salt = draw_salt(random, size);
    std::vector<Fault> faults = draw_faults(random, size, thrusts);
    // One stress field made all thrusts: they dip the same way.
    for (auto& fault : faults) fault.direction = faults.front().direction;
    return render(size, [&](double x, double z) {
      const Point origin = undo(faults, {x, z});
      if (salt.contains(origin)) return salt.velocity;
      return stack.velocity_at(origin.x, origin.z + salt.uplift(origin));
    });
  }
};

}  // namespace

std::unique_ptr<Family> make_salt_thrust() { return std::make_unique<SaltThrust>(); }

}  // namespace strataform::geology
