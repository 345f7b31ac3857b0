#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "strataform/geology/family.h"

namespace strataform::data {

/// Map `index` of a seed, [nz, nx] in m/s: the same whatever was drawn before it, on whatever thread.
using MapSource = std::function<std::vector<float>(std::uint64_t seed, std::uint64_t index)>;

struct FamilyShare {
  const geology::Family* family = nullptr;
  std::int64_t weight = 1;  ///< samples of this family in a round of all of them
};

/// "all", or names with weights, each once: "style-b=4,flatvel-a". Throws UsageError.
std::vector<FamilyShare> family_shares_from_name(const std::string& names);

/// Families that take turns, each as often in a round as its weight says and as evenly spread as that allows. A
/// family's n-th turn has its n-th map of the seed, so that other families beside it do not change its maps.
class FamilyTurns {
 public:
  /// Throws UsageError where there is no family.
  explicit FamilyTurns(std::vector<FamilyShare> families);

  /// Of sample `index`, from 0 on.
  [[nodiscard]] const geology::Family& family(std::int64_t index) const;
  /// The map of sample `index`, [nz, nx] in m/s.
  [[nodiscard]] std::vector<float> map(std::uint64_t seed, std::int64_t index, const geology::MapSize& size) const;

 private:
  [[nodiscard]] std::size_t turn(std::int64_t index) const;

  std::vector<FamilyShare> families_;
  std::vector<std::size_t> turns_;  ///< of a round: which family each of them is
};

/// The maps of families that take turns.
MapSource family_maps(FamilyTurns turns, const geology::MapSize& size);
/// The maps of one family.
MapSource family_maps(const geology::Family& family, const geology::MapSize& size);

}  // namespace strataform::data
