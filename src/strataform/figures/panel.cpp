#include "strataform/figures/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "strataform/core/error.h"

namespace strataform::figures {
namespace {

/// Over distance and depth, without a range.
Panel map_panel(std::span<const float> values, const MapShape& shape, std::string title) {
  Panel panel;
  panel.title = std::move(title);
  panel.values.assign(values.begin(), values.end());
  panel.rows = shape.rows;
  panel.columns = shape.columns;
  panel.horizontal = {"distance (m)", 0.0, shape.columns * shape.spacing};
  panel.vertical = {"depth (m)", 0.0, shape.rows * shape.spacing};
  panel.to_scale = true;
  return panel;
}

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

Panel velocity_panel(std::span<const float> values, const MapShape& shape, std::string title) {
  Panel panel = map_panel(values, shape, std::move(title));
  panel.range = range_of(values, Scale::kVelocity, "velocity (m/s)");
  return panel;
}

Panel section_panel(std::span<const float> values, const MapShape& shape, std::string title, std::string unit) {
  Panel panel = map_panel(values, shape, std::move(title));
  const double limit = symmetric_limit(values, 0.99);
  panel.range = {Scale::kDiverging, -limit, limit, std::move(unit)};
  return panel;
}

Panel difference_panel(std::span<const float> prediction, std::span<const float> truth, const MapShape& shape,
                       std::string title) {
  if (prediction.size() != truth.size()) {
    throw InputError(fmt::format("panel '{}': expected prediction and truth of one size, found {} and {} values", title,
                                 prediction.size(), truth.size()));
  }
  std::vector<float> difference(prediction.size());
  std::transform(prediction.begin(), prediction.end(), truth.begin(), difference.begin(), std::minus<>());
  return section_panel(difference, shape, std::move(title), "prediction − truth (m/s)");
}

}  // namespace strataform::figures
