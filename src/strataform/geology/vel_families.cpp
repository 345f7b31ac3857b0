#include <string>
#include <utility>

#include "strataform/geology/factories.h"
#include "strataform/geology/layers.h"

namespace strataform::geology {
namespace {

/// FlatVel and CurveVel: unbroken layers from side to side.
class VelFamily : public Family {
 public:
  VelFamily(std::string title, int min_layers, int max_layers, const LayerOptions& options)
      : Family(std::move(title)), min_layers_(min_layers), max_layers_(max_layers), options_(options) {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int /*layers*/) const override {
    const auto layers = static_cast<int>(random.integer(min_layers_, max_layers_));
    const LayerStack stack = draw_stack(random, layers, size, options_);
    return render(size, [&stack](double x, double z) { return stack.velocity_at(x, z); });
  }

 private:
  int min_layers_;
  int max_layers_;
  LayerOptions options_;
};

/// The ranges of the first and the last velocity are calibrated to the published mean and deviation.
constexpr VelocityLaw kVelIncrease{true, 1500.0, 2200.0, 3000.0, 4460.0, 120.0};
/// Independent and uniform: the published statistics of B are those of this distribution.
constexpr VelocityLaw kIndependent{};

}  // namespace

std::unique_ptr<Family> make_flat_vel_a() {
  return std::make_unique<VelFamily>("FlatVel-A", 3, 6, LayerOptions{kVelIncrease, {4.0, 1.0}, 0.0, 0.0});
}

std::unique_ptr<Family> make_flat_vel_b() {
  return std::make_unique<VelFamily>("FlatVel-B", 3, 8, LayerOptions{kIndependent, {4.0, 1.0}, 0.0, 0.0});
}

std::unique_ptr<Family> make_curve_vel_a() {
  return std::make_unique<VelFamily>("CurveVel-A", 3, 6, LayerOptions{kVelIncrease, {5.0, 1.0}, 3.0, 7.0});
}

std::unique_ptr<Family> make_curve_vel_b() {
  return std::make_unique<VelFamily>("CurveVel-B", 3, 8, LayerOptions{kIndependent, {5.0, 1.0}, 3.0, 7.0});
}

}  // namespace strataform::geology
