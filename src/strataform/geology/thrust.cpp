#include "strataform/geology/factories.h"
#include "strataform/geology/salt_and_thrusts.h"

namespace strataform::geology {
namespace {

/// Layers carried by thrusts, without salt.
class Thrust : public Family {
 public:
  Thrust() : Family("Thrust") {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int /*layers*/) const override {
    const LayerStack stack = draw_thin_layers(random, size);
    const std::vector<Fault> thrusts = draw_thrusts(random, size);
    return render(size, [&](double x, double z) {
      const Point origin = undo(thrusts, {x, z});
      return stack.velocity_at(origin.x, origin.z);
    });
  }
};

}  // namespace

std::unique_ptr<Family> make_thrust() { return std::make_unique<Thrust>(); }

}  // namespace strataform::geology
