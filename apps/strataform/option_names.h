#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace strataform::app {

/// "--held-out" for "held_out".
[[nodiscard]] std::string option_name(std::string_view name);

/// A message of the library as the program says it: `held_out` becomes --held-out where the command that runs, or the
/// program, has that option. Everything else stays as it is.
[[nodiscard]] std::string with_option_names(const CLI::App& program, std::string_view message);

}  // namespace strataform::app
