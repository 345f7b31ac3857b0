#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace strataform {

/// A decimal number as people write it, "12", "+0.5" or "1e-3"; nothing for any other text, among them hexadecimal
/// numbers, infinities, NaN and what a double cannot hold.
[[nodiscard]] std::optional<double> decimal_from(std::string_view text);

/// A whole decimal number; leading zeros do not make it an octal one.
[[nodiscard]] std::optional<std::int64_t> whole_from(std::string_view text);

/// A share: "0.2" and "20%" are the same.
[[nodiscard]] std::optional<double> share_from(std::string_view text);

}  // namespace strataform
