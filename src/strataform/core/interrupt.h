#pragma once

namespace strataform {

/// From now on the first SIGINT or SIGTERM only sets a flag, so that a run can save its state; a second one ends
/// the program at once.
void install_interrupt_handler();
bool interrupted();
/// For tests: as if the user had pressed Ctrl-C, or had not.
void set_interrupted(bool value);

}  // namespace strataform
