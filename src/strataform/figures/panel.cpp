#include "strataform/figures/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::figures {
namespace {

double extent(int count, double spacing) { return count * spacing; }

}  // namespace

double symmetric_limit(std::span<const float> values, double share) {
  std::vector<float> sizes;
  sizes.reserve(values.size());
  for (const float value : values) {
    if (std::isfinite(value)) sizes.push_back(std::abs(value));
  }
  if (sizes.empty()) return 1.0;
  const auto place = static_cast<std::ptrdiff_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), sizes.begin() + place, sizes.end());
  const float limit = sizes[static_cast<std::size_t>(place)];
  if (limit > 0.0F) return limit;
  const float largest = *std::max_element(sizes.begin(), sizes.end());
  return largest > 0.0F ? largest : 1.0;
}

Panel gather_panel(std::span<const float> values, const GatherShape& shape, std::string title) {
  const double limit = symmetric_limit(values, 0.95);
  Panel panel;
  panel.title = std::move(title);
  panel.values.assign(values.begin(), values.end());
  panel.rows = shape.samples;
  panel.columns = shape.receivers;
  panel.horizontal = {"distance (m)", 0.0, extent(shape.receivers, shape.receiver_distance)};
  panel.vertical = {"time (s)", 0.0, extent(shape.samples, shape.time_step)};
  panel.range = {Scale::kDiverging, -limit, limit, "amplitude"};
  return panel;
}

Panel velocity_panel(std::span<const float> values, const MapShape& shape, std::string title) {
  Panel panel;
  panel.title = std::move(title);
  panel.values.assign(values.begin(), values.end());
  panel.rows = shape.rows;
  panel.columns = shape.columns;
  panel.horizontal = {"distance (m)", 0.0, extent(shape.columns, shape.spacing)};
  panel.vertical = {"depth (m)", 0.0, extent(shape.rows, shape.spacing)};
  panel.range = {Scale::kVelocity, 1500.0, 4500.0, "velocity (m/s)"};
  return panel;
}

Panel difference_panel(std::span<const float> prediction, std::span<const float> truth, const MapShape& shape,
                       std::string title, double limit) {
  if (prediction.size() != truth.size()) {
    throw InputError(fmt::format("panel '{}': expected prediction and truth of one size, found {} and {} values", title,
                                 prediction.size(), truth.size()));
  }
  Panel panel = velocity_panel(prediction, shape, std::move(title));
  std::transform(prediction.begin(), prediction.end(), truth.begin(), panel.values.begin(), std::minus<>());
  const double end = limit > 0.0 ? limit : symmetric_limit(panel.values, 0.99);
  panel.range = {Scale::kDiverging, -end, end, "difference (m/s)"};
  return panel;
}

}  // namespace strataform::figures
