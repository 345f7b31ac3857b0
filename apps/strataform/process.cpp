#include "process.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/CPUAllocator.h>

#include <csignal>

#include "strataform/train/tensor_memory.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace strataform::app {
namespace {

const StopSource& stop_source() {
  // Never destroyed: a signal may come while the process exits. NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static const StopSource& source = *new StopSource;
  return source;
}

void handle_signal(int signal_number) {
  if (stop_source().stop_requested()) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
  stop_source().request_stop();
}

/// A training allocates the same large tensors in every step, and getting them from the system again, page by page,
/// takes longer than many an operation on them.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);  // never
#endif
}

}  // namespace

StopToken stop_on_signals() {
  StopToken token = stop_source();
  std::signal(SIGINT, handle_signal);
  std::signal(SIGTERM, handle_signal);
  return token;
}

void set_tensor_threads(int count) { at::set_num_threads(count); }

void prepare_for_training(const Context& context) {
  constexpr std::uint8_t kAboveTheDefault = 1;
  c10::SetCPUAllocator(&train::counting_allocator(), kAboveTheDefault);
  keep_freed_memory();
  set_tensor_threads(context.thread_count());
  at::globalContext().setBenchmarkCuDNN(true);
}

}  // namespace strataform::app
