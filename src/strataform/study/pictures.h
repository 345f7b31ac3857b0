#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "strataform/study/cell_runner.h"
#include "strataform/study/claims.h"
#include "strataform/study/results.h"

namespace strataform::study {

/// A picture of the page.
struct Picture {
  std::string domain;       ///< its name; empty: of the claims
  std::string file;         ///< relative to the page: "figures/salt-error.png"
  std::string description;  ///< for those who do not see it
};

/// Draws the claims as intervals against their limits and, for each domain with cells, the error over the number of
/// samples, with its 95 % intervals, and example maps: true, zero-shot and
/// adapted by the first PEFT method with kept predictions. Replaces what is there, but for the maps of unchanged
/// domains (by name) of which no adapted predictions are kept: those were drawn on the machine that computed the cells.
/// Throws IoError and InputError.
[[nodiscard]] std::vector<Picture> draw_pictures(const std::filesystem::path& folder, const Results& results,
                                                 const std::vector<Claim>& claims, const ExampleFiles& examples,
                                                 const std::set<std::string>& unchanged);

}  // namespace strataform::study
