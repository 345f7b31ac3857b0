#include "strataform/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace strataform {
namespace {

/// The first exception of several threads.
class FirstFailure {
 public:
  /// To be called where an exception is handled.
  void keep() {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t, int)>& work) {
  std::atomic<std::int64_t> next{0};
  FirstFailure failure;
  const auto run = [&](int worker) {
    try {
      for (std::int64_t index = next++; index < count; index = next++) work(index, worker);
    } catch (...) {
      failure.keep();
      next = count;
    }
  };
  const int workers = static_cast<int>(std::min<std::int64_t>(threads, count));
  std::vector<std::jthread> others;
  for (int worker = 1; worker < workers; ++worker) others.emplace_back(run, worker);
  run(0);
  others.clear();
  failure.rethrow();
}

void run_together(int count, const std::function<void(int)>& work) {
  FirstFailure failure;
  std::promise<bool> all_there;
  const std::shared_future<bool> start = all_there.get_future().share();
  const auto run = [&](int index) {
    try {
      work(index);
    } catch (...) {
      failure.keep();
    }
  };
  std::vector<std::jthread> threads;
  try {
    for (int index = 1; index < count; ++index) {
      threads.emplace_back([&run, start, index] {
        if (start.get()) run(index);
      });
    }
  } catch (...) {
    all_there.set_value(false);
    throw;
  }
  all_there.set_value(true);
  if (count > 0) run(0);
  threads.clear();
  failure.rethrow();
}

}  // namespace strataform
