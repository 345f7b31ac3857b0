#include "strataform/field/projection.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace strataform::field {
namespace {

template <class Visit>
void visit_places(std::span<const ScannedShot> shots, const Visit& visit) {
  for (const ScannedShot& shot : shots) {
    visit(shot.source);
    for (const LiveTrace& live : shot.traces) visit(live.receiver);
  }
}

/// The direction of the largest spread around the mean; distances on it are from the mean.
Projection principal_axis(std::span<const ScannedShot> shots) {
  double count = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
  Projection line;
  visit_places(shots, [&](const Station& place) {
    count += 1.0;
    line.x += place.x;
    line.y += place.y;
  });
  line.x /= count;
  line.y /= count;
  visit_places(shots, [&](const Station& place) {
    const double dx = place.x - line.x, dy = place.y - line.y;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  });
  const double angle = 0.5 * std::atan2(2.0 * xy, xx - yy);
  line.along_x = std::cos(angle);
  line.along_y = std::sin(angle);
  return line;
}

void measure_loss(std::span<const ScannedShot> shots, Projection& line) {
  visit_places(shots, [&](const Station& place) {
    const double across = (place.y - line.y) * line.along_x - (place.x - line.x) * line.along_y;
    line.largest_distance = std::max(line.largest_distance, std::abs(across));
  });
  for (const ScannedShot& shot : shots) {
    const double source = line.project(shot.source).x;
    for (const LiveTrace& live : shot.traces) {
      const double offset = std::hypot(live.receiver.x - shot.source.x, live.receiver.y - shot.source.y);
      const double loss = offset - std::abs(line.project(live.receiver).x - source);
      line.largest_offset_loss = std::max(line.largest_offset_loss, loss);
    }
  }
}

}  // namespace

Projection fit_projection(std::span<const ScannedShot> shots) {
  if (shots.empty()) return {};
  const double y = shots.front().source.y;
  bool is_along_x = true;
  visit_places(shots, [&](const Station& place) { is_along_x = is_along_x && place.y == y; });
  if (is_along_x) return {.y = y};
  Projection line = principal_axis(shots);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  visit_places(shots, [&](const Station& place) {
    low = std::min(low, line.project(place).x);
    high = std::max(high, line.project(place).x);
  });
  const bool is_reversed = line.project(shots.front().source).x > 0.5 * (low + high);
  const Station start = line.at(is_reversed ? high : low);
  line.x = start.x;
  line.y = start.y;
  if (is_reversed) {
    line.along_x = -line.along_x;
    line.along_y = -line.along_y;
  }
  measure_loss(shots, line);
  return line;
}

}  // namespace strataform::field
