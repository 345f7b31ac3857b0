#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "strataform/data/input_check.h"

namespace strataform::app {

/// --accept-mismatch: what is known to lead to a worthless result is a warning then.
void add_accept_mismatch(CLI::App& command, data::Mismatch& mismatch);

/// --sample-interval: that of the gathers, in s, where it is another than `expected` ("the network's").
void add_sample_interval(CLI::App& command, std::optional<double>& interval, const char* expected);

}  // namespace strataform::app
