#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/study/cell.h"
#include "strataform/study/claims.h"
#include "strataform/study/config.h"
#include "strataform/study/pictures.h"
#include "strataform/study/results.h"

namespace strataform::study {

/// What the page is about beside the results.
struct PageFacts {
  std::int64_t finished = 0;  ///< cells
  std::int64_t planned = 0;
  std::int64_t diverged = 0;            ///< of the finished ones, those without an outcome
  std::string base_fingerprint;         ///< empty where there are no cells
  std::vector<std::string> left_out{};  ///< titles of domains
};
[[nodiscard]] PageFacts facts_of(const StudyConfig& config, const std::vector<StudyCell>& cells);

/// All that page.mustache shows, by the names that it has there: numbers in the decimals in which they are shown. What
/// is left out is false.
[[nodiscard]] nlohmann::json page_data(const Results& results, const std::vector<Claim>& claims,
                                       const std::vector<Picture>& pictures, const PageFacts& facts);

}  // namespace strataform::study
