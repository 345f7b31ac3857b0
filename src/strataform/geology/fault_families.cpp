#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "strataform/geology/factories.h"
#include "strataform/geology/faults.h"
#include "strataform/geology/layers.h"

namespace strataform::geology {
namespace {

/// A fault may pass above or beside the interfaces of few layers and shift nothing that the map shows. Faults are drawn
/// again until they cut an interface in so many rows of 70: less than the smallest throw.
constexpr std::int64_t kLeastRowsCut = 4;
constexpr int kMostAttempts = 20;

/// Rows in which different velocities meet across a fault, where neighbours were apart before it moved.
std::int64_t rows_cut(const std::vector<float>& map, const std::vector<Fault>& faults, const MapSize& size) {
  std::int64_t rows = 0;
  for (std::int64_t z = 0; z < size.nz; ++z) {
    bool cut = false;
    Point here = undo(faults, {0.0, static_cast<double>(z)});
    for (std::int64_t x = 1; x < size.nx; ++x) {
      const Point next = undo(faults, {static_cast<double>(x), static_cast<double>(z)});
      const bool torn = std::abs(next.x - here.x - 1.0) + std::abs(next.z - here.z) > 1.0;
      const auto cell = static_cast<std::size_t>(z * size.nx + x);
      cut = cut || (torn && map[cell] != map[cell - 1]);
      here = next;
    }
    rows += cut ? 1 : 0;
  }
  return rows;
}

/// FlatFault and CurveFault: a stack of layers cut and shifted by faults. A thin layer may be shifted out of the map,
/// so that a sample can show fewer velocities than it has layers, as in OpenFWI.
class FaultFamily : public Family {
 public:
  FaultFamily(std::string title, std::vector<int> groups, const LayerOptions& layers, const FaultOptions& faults)
      : Family(std::move(title), std::move(groups)), layer_options_(layers), fault_options_(faults) {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int layers) const override {
    const LayerStack stack = draw_stack(random, layers, size, layer_options_);
    std::vector<float> map;
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      const std::vector<Fault> faults = draw_faults(random, size, fault_options_);
      map = render(size, [&](double x, double z) {
        const Point origin = undo(faults, {x, z});
        return stack.velocity_at(origin.x, origin.z);
      });
      if (rows_cut(map, faults, size) >= kLeastRowsCut * size.nz / survey::Openfwi::kRows) break;
    }
    return map;
  }

 private:
  LayerOptions layer_options_;
  FaultOptions fault_options_;
};

/// Calibrated, like the weight of the bottom layer, to the published mean and deviation.
constexpr VelocityLaw kFaultIncrease{true, 1500.0, 2700.0, 3150.0, 4500.0, 200.0};
constexpr VelocityLaw kContrasting{false, kMinVelocity, kMaxVelocity, kMinVelocity, kMaxVelocity, 500.0, 0.93};

constexpr FaultOptions kSingleFault{1, 1, 40.0, 75.0, 8.0, 18.0, 0.5};
constexpr FaultOptions kSeveralFaults{1, 3, 30.0, 80.0, 10.0, 26.0, 0.5};

}  // namespace

std::unique_ptr<Family> make_flat_fault_a() {
  return std::make_unique<FaultFamily>("FlatFault-A", std::vector<int>{2, 3, 4},
                                       LayerOptions{kFaultIncrease, {8.0, 1.9}, 0.0, 0.0}, kSingleFault);
}

std::unique_ptr<Family> make_flat_fault_b() {
  return std::make_unique<FaultFamily>("FlatFault-B", std::vector<int>{6, 7, 8},
                                       LayerOptions{kContrasting, {4.0, 1.0}, 0.0, 0.0}, kSeveralFaults);
}

std::unique_ptr<Family> make_curve_fault_a() {
  return std::make_unique<FaultFamily>("CurveFault-A", std::vector<int>{2, 3, 4},
                                       LayerOptions{kFaultIncrease, {8.0, 1.9}, 2.0, 5.0}, kSingleFault);
}

std::unique_ptr<Family> make_curve_fault_b() {
  return std::make_unique<FaultFamily>("CurveFault-B", std::vector<int>{6, 7, 8},
                                       LayerOptions{kContrasting, {4.0, 1.0}, 2.5, 6.0}, kSeveralFaults);
}

}  // namespace strataform::geology
