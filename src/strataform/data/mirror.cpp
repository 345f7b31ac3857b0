#include "strataform/data/mirror.h"

#include <algorithm>
#include <cmath>

#include "strataform/survey/openfwi.h"

namespace strataform::data {
namespace {

bool fits(const survey::Survey& survey, const GatherShape& shape) {
  return std::ssize(survey.shots) == shape.shots && survey::common_receivers(survey) == shape.receivers;
}

/// Columns that two positions may differ by: they were computed from m.
constexpr double kSamePlace = 1e-6;

/// The left-right mirror over maps of nx columns.
struct Mirror {
  survey::Grid grid;
  std::int64_t nx;

  /// Columns between a place's mirror image and another place; nothing where they lie at different depths.
  [[nodiscard]] std::optional<double> distance(const survey::Point& place, const survey::Point& other) const {
    if (std::abs(place.z - other.z) > kSamePlace * grid.spacing) return std::nullopt;
    const double last = grid.origin.x + static_cast<double>(nx - 1) * grid.spacing;
    return std::abs(grid.origin.x + last - place.x - other.x) / grid.spacing;
  }
  /// Whether a shot's receivers, in reverse, are the mirror images of another's.
  [[nodiscard]] bool reverses(const survey::Shot& shot, const survey::Shot& other) const {
    for (std::size_t r = 0; r < shot.receivers.size(); ++r) {
      const auto apart = distance(shot.receivers[r], other.receivers[other.receivers.size() - 1 - r]);
      if (!apart || *apart > kSamePlace) return false;
    }
    return true;
  }
};

}  // namespace

std::optional<survey::Modelling> known_modelling(const GatherSource& source, std::int64_t nx,
                                                 const std::optional<survey::Modelling>& assumed) {
  std::optional<survey::Modelling> modelling = source.modelling();
  if (modelling || (source.size() > 0 && source.modelling_of(0))) return modelling;
  const GatherShape shape = source.gather_shape();
  if (assumed && fits(assumed->survey, shape)) return assumed;
  for (const bool flip_shots : {false, true}) {
    modelling = survey::openfwi({.flip_shots = flip_shots});
    if (nx == modelling->grid.nx && fits(modelling->survey, shape)) return modelling;
  }
  return std::nullopt;
}

std::optional<TraceOrder> mirrored_order(const GatherSource& source, std::int64_t nx, const InputSpec& spec, Flip flip,
                                         const std::optional<survey::Modelling>& assumed) {
  const GatherShape shape = source.gather_shape();
  const std::optional<survey::Modelling> modelling = known_modelling(source, nx, assumed);
  if (flip == Flip::kNever || !modelling || nx == 0 || !fits(modelling->survey, shape)) return std::nullopt;
  const std::vector<survey::Shot>& shots = modelling->survey.shots;
  const Mirror mirror{modelling->grid, nx};

  TraceOrder order;
  order.reverse_receivers = true;
  for (std::int64_t index = 0; index < spec.shots; ++index) {
    const survey::Shot& shot = shots[static_cast<std::size_t>(index)];
    double nearest = flip == Flip::kExact ? kSamePlace : 1.0 + kSamePlace;
    std::optional<std::int64_t> partner;
    for (std::int64_t other = 0; other < shape.shots; ++other) {
      const survey::Shot& candidate = shots[static_cast<std::size_t>(other)];
      const auto distance = mirror.distance(shot.source, candidate.source);
      if (!distance || *distance > nearest || !mirror.reverses(shot, candidate)) continue;
      nearest = *distance;
      partner = other;
    }
    if (!partner) return std::nullopt;
    order.shots.push_back(*partner);
  }
  return order;
}

void flip_map(std::int64_t nx, std::span<float> map) {
  for (auto row = map.begin(); row != map.end(); row += nx) std::reverse(row, row + nx);
}

}  // namespace strataform::data
