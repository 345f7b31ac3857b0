#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace strataform::wave {

/// Takes what tasks 0, 1, .. have found in their order, whichever thread was first, so that sums do not depend on the
/// threads. Keeps only what waits for an earlier task.
template <class Found>
class InOrder {
 public:
  /// take(task, found) is called by one thread at a time.
  explicit InOrder(std::function<void(std::int64_t task, Found found)> take) : take_(std::move(take)) {}

  /// May be called by several threads at once.
  void give(std::int64_t task, Found found) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(task, std::move(found));
    for (auto next = waiting_.begin(); next != waiting_.end() && next->first == next_; next = waiting_.begin()) {
      take_(next_, std::move(next->second));
      waiting_.erase(next);
      ++next_;
    }
  }

 private:
  std::function<void(std::int64_t, Found)> take_;
  std::mutex mutex_;
  std::map<std::int64_t, Found> waiting_;
  std::int64_t next_ = 0;
};

}  // namespace strataform::wave
