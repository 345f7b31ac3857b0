#pragma once

#include <atomic>
#include <thread>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace strataform::wave {

/// A point that several threads pass together, again and again. They spin: what they wait for is microseconds away,
/// less than the system needs to wake a thread.
class Rendezvous {
 public:
  explicit Rendezvous(int threads) : threads_(threads) {}

  /// Once all threads are here: what any of them did before is seen by all of them after. False once a thread has
  /// called leave(): what it would have done is missing.
  [[nodiscard]] bool wait() {
    // It cannot change before this thread has arrived.
    const int round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);  // seen by all before they come again, by the next line
      round_.store(round + 1, std::memory_order_release);
      return !left_.load(std::memory_order_acquire);
    }
    // Where there are more threads than free cores, the one that is waited for needs this core.
    constexpr int kSpins = 200;
    for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
      if (left_.load(std::memory_order_acquire)) return false;
      if (spins < kSpins) {
        pause();
      } else {
        std::this_thread::yield();
      }
    }
    return true;
  }
  /// The calling thread will not come any more.
  void leave() { left_.store(true, std::memory_order_release); }

 private:
  static void pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
  }

  int threads_;
  std::atomic<int> arrived_{0};
  std::atomic<int> round_{0};
  std::atomic<bool> left_{false};
};

}  // namespace strataform::wave
