#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "strataform/core/context.h"

namespace strataform::app {

/// Shows messages and progress on standard error, so that standard output holds results alone. Progress is a bar that
/// redraws itself on a terminal, a plain line every ten seconds elsewhere and where TERM is "dumb". Messages are
/// coloured on a terminal unless NO_COLOR is set or TERM is "dumb"; nothing else that is written has an escape
/// sequence.
/// worded: what a message of the library becomes; empty: itself.
[[nodiscard]] std::shared_ptr<Listener> make_terminal_listener(
    std::function<std::string(std::string_view)> worded = {});

/// The text as it is. What cannot be written is lost: a terminal that is gone is no reason to end a training.
void write_to_stderr(std::string_view text);

/// "1:02:03", "2:03" or "4 s".
[[nodiscard]] std::string format_duration(double seconds);

}  // namespace strataform::app
