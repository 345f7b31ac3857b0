#include "strataform/geology/factories.h"
#include "strataform/geology/salt_and_thrusts.h"

namespace strataform::geology {
namespace {

/// Layers arched over a salt body, then carried by thrusts. The salt came before the thrusts, so they cut it too.
class SaltThrust : public Family {
 public:
  SaltThrust() : Family("SaltThrust") {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int /*layers*/) const override {
    const LayerStack stack = draw_thin_layers(random, size);
    const SaltBody salt = draw_salt(random, size);
    const std::vector<Fault> thrusts = draw_thrusts(random, size);
    return render(size, [&](double x, double z) {
      const Point origin = undo(thrusts, {x, z});
      if (salt.contains(origin)) return salt.velocity;
      return stack.velocity_at(origin.x, origin.z + salt.uplift(origin));
    });
  }
};

}  // namespace

std::unique_ptr<Family> make_salt_thrust() { return std::make_unique<SaltThrust>(); }

}  // namespace strataform::geology
