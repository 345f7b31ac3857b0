#include "strataform/refine/mask.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <utility>

#include "strataform/wave/position.h"

namespace strataform::refine {
namespace {

/// 0 to 1 as the distance goes from `cells` to twice that.
double taper(double distance, double cells) {
  const double root = std::sin(0.5 * std::numbers::pi * std::clamp(distance / cells - 1.0, 0.0, 1.0));
  return root * root;
}

/// The places of all sources and receivers, each once.
std::vector<wave::Position> places_of(const survey::Modelling& modelling) {
  const auto before = [](const survey::Point& a, const survey::Point& b) { return a.x != b.x ? a.x < b.x : a.z < b.z; };
  std::set<survey::Point, decltype(before)> points(before);
  for (const survey::Shot& shot : modelling.survey.shots) {
    points.insert(shot.source);
    points.insert(shot.receivers.begin(), shot.receivers.end());
  }
  std::vector<wave::Position> places;
  for (const survey::Point& point : points) places.push_back(wave::position_on(modelling.grid, point));
  return places;
}

}  // namespace

std::vector<double> source_receiver_mask(const survey::Modelling& modelling, double cells) {
  const auto [nz, nx] = std::pair(modelling.grid.nz, modelling.grid.nx);
  std::vector<double> mask(static_cast<std::size_t>(nz * nx), 1.0);
  if (cells <= 0.0) return mask;
  const auto lower = [&](double at) { return std::max<std::int64_t>(0, std::llround(std::floor(at - 2.0 * cells))); };
  const auto upper = [&](double at, std::int64_t count) {
    return std::min(count - 1, static_cast<std::int64_t>(std::llround(std::ceil(at + 2.0 * cells))));
  };
  for (const auto& [z, x] : places_of(modelling)) {
    for (std::int64_t row = lower(z); row <= upper(z, nz); ++row) {
      for (std::int64_t column = lower(x); column <= upper(x, nx); ++column) {
        const double distance = std::hypot(static_cast<double>(row) - z, static_cast<double>(column) - x);
        double& here = mask[static_cast<std::size_t>(row * nx + column)];
        here = std::min(here, taper(distance, cells));
      }
    }
  }
  return mask;
}

}  // namespace strataform::refine
