#pragma once

#include <cstdint>
#include <vector>

namespace strataform {

/// Which one of its equal parts stands for each of them.
enum class SpreadPlace { kFirst, kMiddle };

/// Indices of `count` of `size` things, ascending and evenly spread; all of them where count is not below size. The
/// k-th is floor(k size / count) or, in the middle, floor((k + 1/2) size / count).
[[nodiscard]] std::vector<std::int64_t> evenly_spread(std::int64_t size, std::int64_t count,
                                                      SpreadPlace place = SpreadPlace::kFirst);

}  // namespace strataform
