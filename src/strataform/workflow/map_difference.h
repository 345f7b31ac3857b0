#pragma once

#include <span>

namespace strataform::workflow {

/// The mean of |a - b| over two maps of the same size, in their unit.
[[nodiscard]] double mean_absolute_difference(std::span<const float> a, std::span<const float> b);

}  // namespace strataform::workflow
