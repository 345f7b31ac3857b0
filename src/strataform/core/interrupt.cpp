#include "strataform/core/interrupt.h"

#include <csignal>

namespace strataform {
namespace {

volatile std::sig_atomic_t interrupt_flag = 0;

void handle_signal(int signal_number) {
  if (interrupt_flag != 0) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
  interrupt_flag = 1;
}

}  // namespace

void install_interrupt_handler() {
  std::signal(SIGINT, handle_signal);
  std::signal(SIGTERM, handle_signal);
}

bool interrupted() { return interrupt_flag != 0; }

void set_interrupted(bool value) { interrupt_flag = value ? 1 : 0; }

}  // namespace strataform
