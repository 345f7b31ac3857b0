#include "strataform/core/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace strataform {
namespace {

/// Levenshtein's distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  std::string nearest;
  std::size_t nearest_distance = std::numeric_limits<std::size_t>::max();
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

std::string close_name(std::string_view name, std::span<const std::string> candidates) {
  std::string nearest = nearest_name(name, candidates);
  return edit_distance(name, nearest) <= 2 ? nearest : std::string();
}

std::string expected_one_of(std::span<const std::string> names, std::string_view found) {
  return fmt::format("expected one of {}, found '{}': did you mean '{}'?", fmt::join(names, ", "), found,
                     nearest_name(found, names));
}

std::string unknown_name(std::string_view kind, std::string_view name, std::span<const std::string> known) {
  return fmt::format("unknown {} '{}': did you mean '{}'? Known: {}", kind, name, nearest_name(name, known),
                     fmt::join(known, ", "));
}

}  // namespace strataform
