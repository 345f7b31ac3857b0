#include "strataform/core/spread.h"

#include <algorithm>

namespace strataform {

std::vector<std::int64_t> evenly_spread(std::int64_t size, std::int64_t count, SpreadPlace place) {
  count = std::min(size, count);
  const std::int64_t half = place == SpreadPlace::kMiddle ? 1 : 0;
  std::vector<std::int64_t> indices;
  for (std::int64_t k = 0; k < count; ++k) indices.push_back((2 * k + half) * size / (2 * count));
  return indices;
}

}  // namespace strataform
