#pragma once

#include <string_view>

namespace strataform {

enum class Verbosity { kQuiet, kNormal, kVerbose };

/// Messages go to standard error, so that standard output holds results alone.
void set_verbosity(Verbosity verbosity);

void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

}  // namespace strataform
