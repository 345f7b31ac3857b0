#include "strataform/geology/layers.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace strataform::geology {
namespace {

constexpr auto kReferenceRows = static_cast<double>(survey::Openfwi::kRows);
/// Two neighbouring bends together take at most 0.9 of the layer between them: interfaces never cross.
constexpr double kBendShare = 0.45;

std::vector<double> increasing_velocities(Random& random, int layers, const VelocityLaw& law) {
  const double first = random.uniform(law.first_min, law.first_max);
  const double least_last = first + law.contrast * (layers - 1);
  const double last = random.uniform(std::max(law.last_min, least_last), std::max(law.last_max, least_last));
  // Sorted points in what the contrasts leave free, then each raised by the contrasts below it.
  const double free = last - least_last;
  std::vector<double> result(static_cast<std::size_t>(layers), 0.0);
  result.back() = free;
  for (std::size_t k = 1; k + 1 < result.size(); ++k) result[k] = random.uniform(0.0, free);
  std::sort(result.begin(), result.end());
  for (std::size_t k = 0; k < result.size(); ++k) result[k] += first + law.contrast * static_cast<double>(k);
  return result;
}

std::vector<double> separate_velocities(Random& random, int layers, const VelocityLaw& law) {
  std::vector<double> result;
  while (result.size() < static_cast<std::size_t>(layers)) {
    const double drawn = kMinVelocity + (kMaxVelocity - kMinVelocity) * std::pow(random.uniform(), law.exponent);
    if (result.empty() || std::abs(drawn - result.back()) >= law.contrast) result.push_back(drawn);
  }
  return result;
}

}  // namespace

double evaluate(const Curve& curve, double x) {
  double sum = 0.0;
  for (const auto& sine : curve) {
    sum += sine.amplitude * std::sin(2.0 * std::numbers::pi * x / sine.period + sine.phase);
  }
  return sum;
}

Curve draw_curve(Random& random, const CurveOptions& options) {
  Curve curve(static_cast<std::size_t>(options.terms));
  for (auto& sine : curve) {
    sine.period = random.uniform(options.min_period, options.max_period);
    sine.amplitude = std::min(options.amplitude * random.uniform(0.3, 1.0), 0.1 * sine.period);
    sine.phase = random.uniform(0.0, 2.0 * std::numbers::pi);
  }
  return curve;
}

double LayerStack::velocity_at(double x, double z) const {
  const double unfolded = z - evaluate(fold, x);
  std::size_t layer = 0;
  while (layer < depths.size() && unfolded >= depths[layer] + evaluate(bends[layer], x)) ++layer;
  return velocities[layer];
}

std::vector<double> draw_velocities(Random& random, int layers, const VelocityLaw& law) {
  auto result = law.increasing ? increasing_velocities(random, layers, law) : separate_velocities(random, layers, law);
  for (auto& velocity : result) velocity = std::clamp(std::round(velocity), kMinVelocity, kMaxVelocity);
  return result;
}

std::vector<double> draw_depths(Random& random, int layers, double nz, const DepthOptions& options) {
  const double least = std::min(options.min_thickness, 0.5 * nz / layers);
  std::vector<double> weights(static_cast<std::size_t>(layers));
  for (auto& weight : weights) weight = random.uniform(0.1, 1.0);
  weights.back() *= options.bottom_weight;
  const double unit = (nz - least * layers) / std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> depths;
  double depth = 0.0;
  for (std::size_t k = 0; k + 1 < weights.size(); ++k) depths.push_back(depth += least + unit * weights[k]);
  return depths;
}

LayerStack draw_stack(Random& random, int layers, const MapSize& size, const LayerOptions& options) {
  const double scale = length_scale(size);
  const auto nz = static_cast<double>(size.nz);
  LayerStack stack;
  stack.velocities = draw_velocities(random, layers, options.velocity);
  stack.depths = draw_depths(random, layers, nz, {options.depth.min_thickness * scale, options.depth.bottom_weight});
  stack.bends.resize(stack.depths.size());
  if (options.fold_max <= 0.0) return stack;

  const double amplitude = scale * random.uniform(options.fold_min, options.fold_max);
  stack.fold = draw_curve(random, {3, amplitude, 25.0 * scale, 110.0 * scale});
  for (std::size_t k = 0; k < stack.depths.size(); ++k) {
    const double above = stack.depths[k] - (k == 0 ? 0.0 : stack.depths[k - 1]);
    const double below = (k + 1 == stack.depths.size() ? nz : stack.depths[k + 1]) - stack.depths[k];
    const double bend = std::min(0.5 * amplitude, kBendShare * std::min(above, below));
    // Two sines share the allowance.
    stack.bends[k] = draw_curve(random, {2, 0.5 * bend, 20.0 * scale, 70.0 * scale});
  }
  return stack;
}

double length_scale(const MapSize& size) { return static_cast<double>(size.nz) / kReferenceRows; }

std::vector<float> render(const MapSize& size, const std::function<double(double x, double z)>& velocity) {
  std::vector<float> map;
  map.reserve(static_cast<std::size_t>(size.nz * size.nx));
  for (std::int64_t z = 0; z < size.nz; ++z) {
    for (std::int64_t x = 0; x < size.nx; ++x) {
      const double value = std::round(velocity(static_cast<double>(x), static_cast<double>(z)));
      map.push_back(static_cast<float>(std::clamp(value, kMinVelocity, kMaxVelocity)));
    }
  }
  return map;
}

}  // namespace strataform::geology
