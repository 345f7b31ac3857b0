#pragma once

#include <CLI/CLI.hpp>

namespace strataform::app {

/// Marks an option of type double as a share: 0.2 and 20% are the same.
CLI::Option* as_share(CLI::Option* option);

/// Makes the numeric options of a command and of all its subcommands take decimal numbers alone: CLI11 by itself reads
/// 010 as 8. To be called when all of them are there; what is no such number is refused by the option's name.
void take_decimal_numbers(CLI::App& app);

}  // namespace strataform::app
