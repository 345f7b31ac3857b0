#include "strataform/figures/gather_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/figures/ticks.h"

namespace strataform::figures {
namespace {

void check(std::span<const float> values, const GatherShape& shape, const std::string& title) {
  if (values.size() != static_cast<std::size_t>(shape.samples) * static_cast<std::size_t>(shape.receivers)) {
    throw InputError(fmt::format("panel '{}': expected {} x {} values, found {}", title, shape.samples, shape.receivers,
                                 values.size()));
  }
  if (!shape.receiver_x.empty() && std::ssize(shape.receiver_x) != shape.receivers) {
    throw InputError(fmt::format("panel '{}': expected the places of {} receivers, found {}", title, shape.receivers,
                                 shape.receiver_x.size()));
  }
}

/// The receivers' common distance, negative where they run to the left; none where it differs.
std::optional<double> common_distance(const std::vector<double>& x) {
  if (x.size() < 2 || x[0] == x[1]) return std::nullopt;
  const double distance = x[1] - x[0];
  for (std::size_t k = 2; k < x.size(); ++k) {
    if (std::abs(x[k] - x[k - 1] - distance) > 1e-3 * std::abs(distance)) return std::nullopt;
  }
  return distance;
}

/// Between which traces a place lies, as a trace's number from 0 on; none outside of them.
std::optional<double> trace_at(const std::vector<double>& receivers, double x) {
  for (std::size_t k = 1; k < receivers.size(); ++k) {
    const double before = receivers[k - 1];
    const double after = receivers[k];
    if (before == after || (x - before) * (x - after) > 0.0) continue;
    return static_cast<double>(k - 1) + (x - before) / (after - before);
  }
  return std::nullopt;
}

/// What the colours show: "amplitude × time²".
std::string name_of(double gain) {
  if (gain == 0.0) return "amplitude";
  if (gain == 1.0) return "amplitude × time";
  return gain == 2.0 ? "amplitude × time²" : fmt::format("amplitude × time^{:g}", gain);
}

void place_traces(const GatherShape& shape, Panel& panel) {
  const std::vector<double>& x = shape.receiver_x;
  const std::optional<double> distance = common_distance(x);
  if (distance) {
    panel.horizontal = {"distance (m)", x.front() - 0.5 * *distance, x.back() + 0.5 * *distance};
  } else {
    panel.horizontal = {"trace", 0.5, shape.receivers + 0.5};
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    panel.markers.push_back({Marker::Kind::kReceiver, distance ? x[k] : static_cast<double>(k + 1)});
  }
  if (!shape.source_x || x.empty()) return;
  const double source = *shape.source_x;
  const std::optional<double> trace = trace_at(x, source);
  if (!trace) {
    panel.caption = fmt::format("source at {} m", format_number(source, 0));
  } else {
    panel.markers.push_back({Marker::Kind::kSource, distance ? source : *trace + 1.0});
  }
}

}  // namespace

Panel gather_panel(std::span<const float> values, const GatherShape& shape, std::string title, double gain) {
  check(values, shape, title);
  Panel panel;
  panel.title = std::move(title);
  panel.values.assign(values.begin(), values.end());
  panel.rows = shape.samples;
  panel.columns = shape.receivers;
  const auto columns = static_cast<std::size_t>(shape.receivers);
  for (std::size_t k = 0; k < panel.values.size(); ++k) {
    const std::size_t row = k / columns;
    const double time = (static_cast<double>(row) + 1.0) * shape.time_step;
    panel.values[k] *= static_cast<float>(std::pow(time, gain));
  }
  const double limit = symmetric_limit(panel.values, 0.98);
  panel.range = {Scale::kDiverging, -limit, limit, name_of(gain)};
  panel.own_range = true;
  panel.vertical = {"time (s)", 0.0, shape.samples * shape.time_step};
  place_traces(shape, panel);
  return panel;
}

}  // namespace strataform::figures
