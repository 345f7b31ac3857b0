#include "strataform/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace strataform {
namespace {

std::atomic<int> requested_threads{0};

}  // namespace

void set_thread_count(int count) { requested_threads = std::max(count, 0); }

int thread_count() {
  const int requested = requested_threads;
  return requested > 0 ? requested : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(std::int64_t count, const std::function<void(std::int64_t, int)>& work) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto run = [&](int worker) {
    try {
      for (std::int64_t index = next++; index < count; index = next++) work(index, worker);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  const int workers = static_cast<int>(std::min<std::int64_t>(thread_count(), count));
  std::vector<std::jthread> threads;
  for (int worker = 1; worker < workers; ++worker) threads.emplace_back(run, worker);
  run(0);
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace strataform
