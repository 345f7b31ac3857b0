#pragma once

#include <string_view>

namespace strataform {

/// Messages go to standard error, so that standard output holds results alone.
void log_info(std::string_view message);
void log_warning(std::string_view message);

/// The text as it is. What cannot be written is lost: a terminal that is gone is no reason to end a training.
void write_to_stderr(std::string_view text);

/// Quiet: neither messages nor progress are shown.
void set_quiet(bool quiet);
bool is_quiet();

}  // namespace strataform
