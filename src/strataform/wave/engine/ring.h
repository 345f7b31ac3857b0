#pragma once

#include <cstdint>

#include "strataform/wave/kernels/cell.h"

namespace strataform::wave {

/// Rows or columns, last one past the end.
struct Interval {
  std::int64_t first = 0;
  std::int64_t last = 0;

  [[nodiscard]] STRATAFORM_DEVICE bool holds(std::int64_t index) const { return index >= first && index < last; }
  bool operator==(const Interval&) const = default;
};

/// How rows or columns go on beyond the first and the last one: around, as on a ring, or mirrored there with a change
/// of sign. For indices less than `size` beyond either end; without divisions, since these are asked for everywhere.
struct Ring {
  std::int64_t size = 0;
  bool mirrored = false;

  /// The index that one repeats, times sign(index).
  [[nodiscard]] STRATAFORM_DEVICE std::int64_t wrapped(std::int64_t index) const {
    if (!mirrored) return around(index);
    if (index < 0) return -index;
    return index < size ? index : 2 * (size - 1) - index;
  }
  [[nodiscard]] STRATAFORM_DEVICE int sign(std::int64_t index) const {
    return mirrored && (index < 0 || index >= size) ? -1 : 1;
  }
  /// The index whose value half a cell after it repeats the one half a cell after `index`; its sign does not change.
  [[nodiscard]] STRATAFORM_DEVICE std::int64_t wrapped_between(std::int64_t index) const {
    if (!mirrored) return around(index);
    if (index < 0) return -1 - index;
    return index < size - 1 ? index : 2 * size - 3 - index;
  }
  [[nodiscard]] STRATAFORM_DEVICE std::int64_t around(std::int64_t index) const {
    if (index < 0) return index + size;
    return index < size ? index : index - size;
  }
};

}  // namespace strataform::wave
