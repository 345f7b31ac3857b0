#include "strataform/data/map_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

#include "strataform/core/error.h"

namespace strataform::data {
namespace {

std::int64_t weight_from(const std::string& text) {
  std::int64_t weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (error != std::errc() || end != text.data() + text.size() || weight < 1 || weight > 1000) {
    throw UsageError(fmt::format("weight of a family: expected 1 to 1000, found \"{}\"", text));
  }
  return weight;
}

/// The families of a round, each as often as its weight says and as evenly spread as that allows.
std::vector<std::size_t> turns_of(const std::vector<FamilyShare>& families) {
  std::int64_t total = 0;
  for (const FamilyShare& share : families) total += share.weight;
  std::vector<std::int64_t> given(families.size(), 0);
  std::vector<std::size_t> turns;
  for (std::int64_t turn = 0; turn < total; ++turn) {
    std::size_t next = 0;
    const auto due = [&](std::size_t f) { return families[f].weight * (turn + 1) - given[f] * total; };
    for (std::size_t f = 1; f < families.size(); ++f) {
      if (due(f) > due(next)) next = f;
    }
    ++given[next];
    turns.push_back(next);
  }
  return turns;
}

}  // namespace

std::vector<FamilyShare> family_shares_from_name(const std::string& names) {
  std::vector<FamilyShare> shares;
  if (names == "all") {
    for (const geology::Family* family : geology::families()) shares.push_back({family, 1});
    return shares;
  }
  std::stringstream list(names);
  for (std::string item; std::getline(list, item, ',');) {
    const std::size_t equals = item.find('=');
    const std::int64_t weight = equals == std::string::npos ? 1 : weight_from(item.substr(equals + 1));
    const geology::Family* family = &geology::find_family(item.substr(0, equals));
    if (std::ranges::find(shares, family, &FamilyShare::family) != shares.end()) {
      throw UsageError(fmt::format("families: expected each of them once, found \"{}\" twice", family->name()));
    }
    shares.push_back({family, weight});
  }
  if (shares.empty()) throw UsageError("families: expected \"all\" or their names, found nothing");
  return shares;
}

FamilyTurns::FamilyTurns(std::vector<FamilyShare> families)
    : families_(std::move(families)), turns_(turns_of(families_)) {
  if (families_.empty()) throw UsageError("families: expected at least one, found none");
}

std::size_t FamilyTurns::turn(std::int64_t index) const {
  return turns_[static_cast<std::size_t>(index % std::ssize(turns_))];
}

const geology::Family& FamilyTurns::family(std::int64_t index) const { return *families_[turn(index)].family; }

std::vector<float> FamilyTurns::map(std::uint64_t seed, std::int64_t index, const geology::MapSize& size) const {
  const FamilyShare& share = families_[turn(index)];
  const std::int64_t round = index / std::ssize(turns_);
  const auto until_here = std::count(turns_.begin(), turns_.begin() + index % std::ssize(turns_), turn(index));
  return geology::generate_map(*share.family, seed, static_cast<std::uint64_t>(round * share.weight + until_here),
                               size);
}

MapSource family_maps(FamilyTurns turns, const geology::MapSize& size) {
  return [turns = std::move(turns), size](std::uint64_t seed, std::uint64_t index) {
    return turns.map(seed, static_cast<std::int64_t>(index), size);
  };
}

MapSource family_maps(const geology::Family& family, const geology::MapSize& size) {
  return family_maps(FamilyTurns(std::vector<FamilyShare>{{&family, 1}}), size);
}

}  // namespace strataform::data
