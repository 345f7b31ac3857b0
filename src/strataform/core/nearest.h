#pragma once

#include <span>
#include <string>
#include <string_view>

namespace strataform {

/// The candidate that differs from name by the fewest inserted, removed and replaced letters, for "did you mean";
/// the first one of several, empty without candidates.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// The same where it is no more than two letters away, else empty.
[[nodiscard]] std::string close_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace strataform
