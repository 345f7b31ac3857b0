#pragma once

#include <span>

namespace strataform::io {

/// The root mean square of what rounding to float16 changes, as a share of the values' own. At most 4.9e-4, half the
/// distance of neighbours, where what counts lies within the type's range of 6.1e-5 to 65504; more where it lies below,
/// in steps of 6e-8, and 1 where all becomes zero; infinite beyond 65519. 0 for zeros alone and for no values.
[[nodiscard]] double half_error(std::span<const float> values);

/// Twice what rounding within the range can change: a larger half_error() is a loss of range.
inline constexpr double kLargestHalfError = 1e-3;

/// Whether float16 holds values as well as it can.
[[nodiscard]] bool fits_half(std::span<const float> values);

}  // namespace strataform::io
