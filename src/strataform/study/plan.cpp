#include "strataform/study/plan.h"

#include <algorithm>
#include <set>

namespace strataform::study {
namespace {

void add_cells(const StudyConfig& config, std::int64_t size, std::uint64_t seed, std::vector<PlannedCell>& cells) {
  for (const DomainConfig& domain : config.domains) {
    if (size > 0 && std::ranges::find(domain.sizes, size) == domain.sizes.end()) continue;
    for (const MethodConfig& method : config.methods) {
      if ((method.kind == MethodKind::kZeroShot) != (size == 0)) continue;
      cells.push_back({{domain.name, method.name, size, seed}, &domain, &method});
    }
  }
}

}  // namespace

std::vector<PlannedCell> plan_cells(const StudyConfig& config) {
  std::set<std::int64_t> sizes;
  for (const DomainConfig& domain : config.domains) sizes.insert(domain.sizes.begin(), domain.sizes.end());
  std::vector<PlannedCell> cells;
  add_cells(config, 0, 0, cells);
  for (const std::int64_t size : sizes) {
    for (const std::uint64_t seed : config.seeds) add_cells(config, size, seed, cells);
  }
  return cells;
}

}  // namespace strataform::study
