#pragma once

#include <nlohmann/json.hpp>

#include "strataform/study/results.h"

namespace strataform::study {

/// The table that the page begins with: a row for each domain, a column for each method, the errors with every number
/// of samples, the fewest first.
[[nodiscard]] nlohmann::json overview_table(const Results& results);

}  // namespace strataform::study
