#pragma once

#include <span>
#include <string>
#include <string_view>

namespace strataform {

/// The candidate that differs from name by the fewest inserted, removed and replaced letters, for "did you mean";
/// the first one of several, empty without candidates.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// The candidate that nearest_name() finds where it is no more than two letters away from name, else empty.
[[nodiscard]] std::string close_name(std::string_view name, std::span<const std::string> candidates);

/// "expected one of l1, l2, found 'l3': did you mean 'l1'?"
[[nodiscard]] std::string expected_one_of(std::span<const std::string> names, std::string_view found);

/// "unknown method 'lorra': did you mean 'lora'? Known: full, lora", for kind "method".
[[nodiscard]] std::string unknown_name(std::string_view kind, std::string_view name,
                                       std::span<const std::string> known);

}  // namespace strataform
