#pragma once

#include <cstdint>
#include <functional>

namespace strataform {

/// Calls work(index, worker) for index 0..count-1 on up to `threads` threads, at least one, handing out indices one by
/// one. worker, 0..threads-1, selects scratch memory. The first exception is rethrown here after all threads have
/// stopped.
void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t index, int worker)>& work);

/// Calls work(index) for index 0..count-1 all at the same time, each on a thread of its own, so that they may wait for
/// one another. Where a thread cannot be had, none of them is called and std::system_error is thrown. The first
/// exception is rethrown here after all threads have stopped: work that others wait for must tell them.
void run_together(int count, const std::function<void(int index)>& work);

}  // namespace strataform
