#pragma once

#include <CLI/CLI.hpp>

namespace strataform::app {

/// Puts the options of every command into groups and an example below its help. Call it once all commands are there.
void arrange_help(CLI::App& program);

}  // namespace strataform::app
