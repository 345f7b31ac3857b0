#include "strataform/data/mirror.h"

#include <algorithm>
#include <cstdlib>

namespace strataform::data {
namespace {

constexpr std::int64_t kOpenfwiColumns = 70;

bool fits(const wave::Acquisition& acquisition, const GatherShape& shape) {
  return std::ssize(acquisition.sources) == shape.shots && std::ssize(acquisition.receivers) == shape.receivers;
}

std::optional<wave::Acquisition> acquisition_of(const GatherSource& source, std::int64_t nx,
                                                const std::optional<wave::Acquisition>& assumed) {
  std::optional<wave::Acquisition> acquisition = source.acquisition();
  if (acquisition) return acquisition;
  const GatherShape shape = source.gather_shape();
  if (assumed && fits(*assumed, shape)) return assumed;
  const bool openfwi = shape.receivers == kOpenfwiColumns && nx == kOpenfwiColumns;
  if (openfwi && (shape.shots == 5 || shape.shots == 6)) return wave::openfwi_acquisition(shape.shots == 6);
  return std::nullopt;
}

/// Columns that two positions may differ by: they were computed from m.
constexpr double kSamePlace = 1e-6;

/// Columns between a point's mirror image and another point; nothing where they lie in different rows.
std::optional<double> mirror_distance(const wave::Position& point, const wave::Position& other, std::int64_t nx) {
  if (point.row != other.row) return std::nullopt;
  return std::abs(static_cast<double>(nx - 1) - point.column - other.column);
}

bool receivers_mirror(const std::vector<wave::Position>& receivers, std::int64_t nx) {
  for (std::size_t r = 0; r < receivers.size(); ++r) {
    const auto distance = mirror_distance(receivers[r], receivers[receivers.size() - 1 - r], nx);
    if (!distance || *distance > kSamePlace) return false;
  }
  return true;
}

}  // namespace

std::optional<TraceOrder> mirrored_order(const GatherSource& source, std::int64_t nx, const InputSpec& spec, Flip flip,
                                         const std::optional<wave::Acquisition>& assumed) {
  const GatherShape shape = source.gather_shape();
  const std::optional<wave::Acquisition> acquisition = acquisition_of(source, nx, assumed);
  if (flip == Flip::kNever || !acquisition || nx == 0 || !fits(*acquisition, shape)) return std::nullopt;
  const std::vector<wave::Position>& sources = acquisition->sources;
  if (!receivers_mirror(acquisition->receivers, nx)) return std::nullopt;

  TraceOrder order;
  order.reverse_receivers = true;
  for (std::int64_t shot = 0; shot < spec.shots; ++shot) {
    double nearest = flip == Flip::kExact ? kSamePlace : 1.0 + kSamePlace;
    std::optional<std::int64_t> partner;
    for (std::int64_t other = 0; other < shape.shots; ++other) {
      const auto distance =
          mirror_distance(sources[static_cast<std::size_t>(shot)], sources[static_cast<std::size_t>(other)], nx);
      if (!distance || *distance > nearest) continue;
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
