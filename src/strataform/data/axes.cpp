#include "strataform/data/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "strataform/core/error.h"

namespace strataform::data {
namespace {

/// Fewer are no record: that a survey has more shots than this is likelier.
constexpr std::int64_t kFewestTimeSamples = 50;

bool is_right(const GatherShape& shape, std::int64_t shots, std::int64_t receivers) {
  const bool swaps_shots_and_time = shape.samples == shots && shape.shots >= kFewestTimeSamples;
  return shape.shots >= shots && shape.receivers == receivers && !swaps_shots_and_time;
}

}  // namespace

std::string guess_axes(const GatherShape& shape, std::int64_t shots, std::int64_t receivers) {
  if (is_right(shape, shots, receivers)) return {};
  const std::array<std::int64_t, 3> found{shape.shots, shape.samples, shape.receivers};
  const std::array<const char*, 3> names{"shots", "time samples", "receivers"};
  std::array<std::size_t, 3> order{0, 1, 2};  // what the first, second and third axis hold
  while (std::ranges::next_permutation(order).found) {
    std::array<std::int64_t, 3> extent{};
    for (std::size_t axis = 0; axis < order.size(); ++axis) extent[order[axis]] = found[axis];
    if (extent[0] != shots || extent[2] != receivers || extent[1] < kFewestTimeSamples) continue;
    return fmt::format("[N, {}, {}, {}]", names[order[0]], names[order[1]], names[order[2]]);
  }
  return {};
}

void require_axes(const GatherShape& shape, std::int64_t shots, std::int64_t receivers, const std::string& name) {
  if (is_right(shape, shots, receivers)) return;
  const std::string axes = guess_axes(shape, shots, receivers);
  const std::string found = fmt::format("[N, {}, {}, {}]", shape.shots, shape.samples, shape.receivers);
  const std::string expected =
      fmt::format("[N, shots, time samples, receivers] with {} shots and {} receivers", shots, receivers);
  if (!axes.empty()) {
    throw MismatchError(
        fmt::format("{}: expected {}, found {}: its axes look like {}; transpose them", name, expected, found, axes));
  }
  const bool is_map = shape.shots == 1 && shape.samples <= receivers;
  throw MismatchError(
      fmt::format("{}: expected {}, found {}{}", name, expected, found, is_map ? ": are these velocity maps?" : ""));
}

void require_survey(const GatherShape& shape, const survey::Survey& survey, const std::string& name) {
  const auto shots = std::ssize(survey.shots);
  const std::int64_t receivers = survey::common_receivers(survey).value_or(0);
  require_axes(shape, shots, receivers, name);
  if (shape.shots == shots) return;
  throw MismatchError(fmt::format("{}: expected gathers of {} shots and {} receivers, found {} and {}", name, shots,
                                  receivers, shape.shots, shape.receivers));
}

}  // namespace strataform::data
