#include <cmath>
#include <string>
#include <utility>

#include "strataform/geology/factories.h"
#include "strataform/geology/gaussian_field.h"

namespace strataform::geology {
namespace {

/// Velocities in m/s, lengths in cells. The trend's deviation and correlation length together set its gradient: for
/// the autocorrelation of gaussian_field() the slope deviates by sqrt(2) * deviation / length per cell.
struct StyleOptions {
  double mean = 0.0;
  double trend_deviation = 0.0;
  double trend_length = 1.0;
  /// Growth from the top to the bottom row, on average; it varies by as much from sample to sample.
  double growth = 0.0;
  double structure_deviation = 0.0;
  double structure_length = 1.0;
  double roughness = 0.0;
};

constexpr double kRoughnessLength = 1.0;

/// Bends values smoothly into the velocity range instead of cutting them off; nearly the identity in its middle.
double into_range(double velocity) {
  constexpr double kCentre = 0.5 * (kMinVelocity + kMaxVelocity);
  constexpr double kHalf = 0.5 * (kMaxVelocity - kMinVelocity);
  const double t = (velocity - kCentre) / kHalf;
  return kCentre + kHalf * t / std::sqrt(std::sqrt(1.0 + t * t * t * t));
}

/// Smooth random structure on a smooth random trend, the published description of Style.
class StyleFamily : public Family {
 public:
  StyleFamily(std::string title, const StyleOptions& options) : Family(std::move(title)), options_(options) {}

  [[nodiscard]] std::vector<float> generate(Random& random, const MapSize& size, int /*layers*/) const override {
    const double growth = random.normal(options_.growth, options_.growth);
    const auto trend = gaussian_field(random, size, options_.trend_length);
    const auto structure = gaussian_field(random, size, options_.structure_length);
    const auto rough =
        options_.roughness > 0.0 ? gaussian_field(random, size, kRoughnessLength) : std::vector<double>(trend.size());
    std::vector<float> map(trend.size());
    for (std::size_t i = 0; i < map.size(); ++i) {
      const std::size_t row = i / static_cast<std::size_t>(size.nx);
      const double depth = static_cast<double>(row) / static_cast<double>(size.nz - 1) - 0.5;
      const double velocity = options_.mean + growth * depth + options_.trend_deviation * trend[i] +
                              options_.structure_deviation * structure[i] + options_.roughness * rough[i];
      map[i] = static_cast<float>(into_range(velocity));
    }
    return map;
  }

 private:
  StyleOptions options_;
};

}  // namespace

// Calibrated after into_range(), which takes some of every deviation: the mean and the trend to the published mean and
// deviation of whole maps, the structure to the published fit.
std::unique_ptr<Family> make_style_a() {
  StyleOptions options;
  options.mean = 2692.0;
  options.trend_deviation = 710.0;
  options.trend_length = 31.0;
  options.growth = 350.0;
  options.structure_deviation = 203.0;
  options.structure_length = 3.5;
  return std::make_unique<StyleFamily>("Style-A", options);
}

std::unique_ptr<Family> make_style_b() {
  StyleOptions options;
  options.mean = 2822.0;
  options.trend_deviation = 660.0;
  options.trend_length = 9.4;
  options.growth = 350.0;
  options.structure_deviation = 178.0;
  options.structure_length = 2.0;
  options.roughness = 60.0;
  return std::make_unique<StyleFamily>("Style-B", options);
}

}  // namespace strataform::geology
