#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace strataform::app {

/// A decimal number, "12", "-0.5" or "1e-3", and nothing else: neither hexadecimal nor an infinity or NaN.
[[nodiscard]] std::optional<double> decimal_from(std::string_view text);
/// A whole decimal number; leading zeros do not make it an octal one.
[[nodiscard]] std::optional<std::int64_t> whole_from(std::string_view text);

/// Marks an option of type double as a share: 0.2 and 20% are the same.
CLI::Option* as_share(CLI::Option* option);

/// Makes the numeric options of a command and of all its subcommands take decimal numbers alone: CLI11 by itself reads
/// 010 as 8. To be called when all of them are there; what is no such number is refused by the option's name.
void take_decimal_numbers(CLI::App& app);

}  // namespace strataform::app
