#pragma once

#include <cstdint>
#include <string>

#include "strataform/data/gather_source.h"

namespace strataform::data {

/// In what order the axes of these gathers seem to be stored, "[N, receivers, time samples, shots]", where another
/// order than [N, shots, time samples, receivers] would fit a survey of so many shots, or more, and so many receivers.
/// Empty where none does, or where the order is right.
[[nodiscard]] std::string guess_axes(const GatherShape& shape, std::int64_t shots, std::int64_t receivers);

/// Throws MismatchError, with the shape that was found and how its axes look, unless the gathers have at least so many
/// shots and just so many receivers. name: the file or folder of the gathers.
void require_axes(const GatherShape& shape, std::int64_t shots, std::int64_t receivers, const std::string& name);

/// The same for gathers that have just as many shots as the survey, each with as many receivers.
void require_survey(const GatherShape& shape, const survey::Survey& survey, const std::string& name);

}  // namespace strataform::data
