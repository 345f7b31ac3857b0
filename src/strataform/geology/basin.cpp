#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "strataform/geology/factories.h"
#include "strataform/geology/gaussian_field.h"
#include "strataform/geology/layers.h"

namespace strataform::geology {
namespace {

/// Where rock was worn away before younger layers were laid upon it.
struct Unconformity {
  double depth = 0.0;
  Curve relief;
  LayerStack older;  ///< tilted
  double tilt = 0.0;
};

/// A body of its own velocity: a channel's fill, a lens, rock with gas in it.
struct Body {
  double x = 0.0, z = 0.0;  ///< its centre
  double half_width = 1.0, half_height = 1.0;
  bool below_centre = false;  ///< the lower half alone, as a river cuts it
  double factor = 1.0;        ///< of the velocity around it

  [[nodiscard]] bool holds(double at_x, double at_z) const {
    const double across = (at_x - x) / half_width;
    const double down = (at_z - z) / half_height;
    return across * across + down * down < 1.0 && (!below_centre || at_z >= z);
  }
};

/// What sedimentary basins have beside folds and faults, each in some of the maps: gradients within layers, slow layers
/// between fast ones, unconformities, channels, lenses, gas, water on top and rough texture.
class Basin : public Family {
 public:
  Basin() : Family("Basin") {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int /*layers*/) const override {
    const double scale = length_scale(size);
    const LayerStack stack = draw_layers(random, size);
    const std::optional<Unconformity> unconformity = draw_unconformity(random, size);
    const double gradient = random.chance(0.6) ? random.uniform(0.0, 12.0) / scale : 0.0;
    const std::vector<Body> bodies = draw_bodies(random, size);
    const double water = random.chance(0.2) ? scale * random.uniform(3.0, 14.0) : -1.0;
    const Curve sea_floor = draw_curve(random, {.terms = 2, .amplitude = 2.0 * scale, .min_period = 30.0 * scale});
    const double roughness = random.chance(0.5) ? random.uniform(15.0, 70.0) : 0.0;
    const std::vector<double> texture = gaussian_field(random, size, random.uniform(1.5, 6.0));
    return render(size, [&](double x, double z) {
      if (z < water + evaluate(sea_floor, x) && water > 0.0) return kMinVelocity;
      double velocity = rock(stack, unconformity, x, z) + gradient * z;
      for (const Body& body : bodies) {
        if (body.holds(x, z)) velocity *= body.factor;
      }
      const auto cell = static_cast<std::size_t>(std::lround(z) * size.nx + std::lround(x));
      return std::clamp(velocity + roughness * texture[cell], kMinVelocity, kMaxVelocity);
    });
  }

 private:
  static double rock(const LayerStack& stack, const std::optional<Unconformity>& unconformity, double x, double z) {
    if (!unconformity || z < unconformity->depth + evaluate(unconformity->relief, x)) return stack.velocity_at(x, z);
    return unconformity->older.velocity_at(x, z - unconformity->tilt * x);
  }

  static LayerStack draw_layers(Random& random, const MapSize& size) {
    LayerOptions options;
    options.velocity = {.increasing = true,
                        .first_min = 1500.0,
                        .first_max = 2400.0,
                        .last_min = 3000.0,
                        .last_max = 4300.0,
                        .contrast = 40.0};
    options.depth = {.min_thickness = 3.0, .bottom_weight = 1.5};
    options.fold_max = 8.0;
    LayerStack stack = draw_stack(random, static_cast<int>(random.integer(4, 10)), size, options);
    if (random.chance(0.35)) {
      const auto slow = static_cast<std::size_t>(random.integer(1, std::ssize(stack.velocities) - 2));
      stack.velocities[slow] = std::max(kMinVelocity, stack.velocities[slow] * random.uniform(0.68, 0.9));
    }
    return stack;
  }

  static std::optional<Unconformity> draw_unconformity(Random& random, const MapSize& size) {
    if (!random.chance(0.4)) return std::nullopt;
    const double scale = length_scale(size);
    Unconformity unconformity;
    unconformity.depth = static_cast<double>(size.nz) * random.uniform(0.3, 0.7);
    unconformity.relief = draw_curve(random, {.terms = 2, .amplitude = 3.0 * scale, .min_period = 25.0 * scale});
    unconformity.older = draw_layers(random, size);
    for (double& velocity : unconformity.older.velocities) velocity = std::min(kMaxVelocity, 1.12 * velocity);
    unconformity.tilt = (random.chance(0.5) ? 1.0 : -1.0) * random.uniform(0.05, 0.5);
    return unconformity;
  }

  static std::vector<Body> draw_bodies(Random& random, const MapSize& size) {
    const double scale = length_scale(size);
    const auto draw = [&](double half_width, double half_height, bool below_centre, double factor) {
      return Body{random.uniform(0.0, static_cast<double>(size.nx)),
                  static_cast<double>(size.nz) * random.uniform(0.12, 0.85),
                  scale * half_width,
                  scale * half_height,
                  below_centre,
                  factor};
    };
    std::vector<Body> bodies;
    const auto either = [&](double slow, double fast) { return random.chance(0.5) ? slow : fast; };
    if (random.chance(0.35)) {  // a channel
      bodies.push_back(draw(random.uniform(4.0, 14.0), random.uniform(3.0, 10.0), true,
                            either(random.uniform(0.75, 0.93), random.uniform(1.07, 1.25))));
    }
    for (std::int64_t lenses = random.chance(0.35) ? random.integer(1, 3) : 0; lenses > 0; --lenses) {
      bodies.push_back(draw(random.uniform(6.0, 22.0), random.uniform(2.0, 6.0), false,
                            either(random.uniform(0.8, 0.95), random.uniform(1.05, 1.25))));
    }
    if (random.chance(0.25)) {  // gas
      bodies.push_back(draw(random.uniform(4.0, 15.0), random.uniform(1.5, 4.0), false, random.uniform(0.65, 0.85)));
    }
    return bodies;
  }
};

}  // namespace

std::unique_ptr<Family> make_basin() { return std::make_unique<Basin>(); }

}  // namespace strataform::geology
