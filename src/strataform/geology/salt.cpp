#include "strataform/geology/factories.h"
#include "strataform/geology/salt_and_thrusts.h"

namespace strataform::geology {
namespace {

/// Layers arched over a salt body, without faults.
class Salt : public Family {
 public:
  Salt() : Family("Salt") {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int /*layers*/) const override {
    const LayerStack stack = draw_thin_layers(random, size);
    const SaltBody salt = draw_salt(random, size);
    return render(size, [&](double x, double z) {
      const Point point{x, z};
      return salt.contains(point) ? salt.velocity : stack.velocity_at(x, z + salt.uplift(point));
    });
  }
};

}  // namespace

std::unique_ptr<Family> make_salt() { return std::make_unique<Salt>(); }

}  // namespace strataform::geology
