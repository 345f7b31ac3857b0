#pragma once

#include <vector>

#include "strataform/study/cell.h"
#include "strataform/study/config.h"

namespace strataform::study {

/// A cell with the configuration of its row and column, which must outlive it.
struct PlannedCell {
  CellKey key;
  const DomainConfig* domain = nullptr;
  const MethodConfig* method = nullptr;
};

/// All cells of a study in the order in which they are computed: zero-shot, then by size and by seed, so that a study
/// that is stopped early has whole tables of the smaller sizes. A first seed comes before the others, which take its
/// learning rate.
[[nodiscard]] std::vector<PlannedCell> plan_cells(const StudyConfig& config);

}  // namespace strataform::study
