#include "strataform/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace strataform {
namespace {

class Parallel : public ::testing::TestWithParam<int> {};

TEST_P(Parallel, VisitsEveryIndexOnce) {
  constexpr std::int64_t kCount = 1000;
  std::vector<std::atomic<int>> visits(kCount);
  parallel_for(kCount, GetParam(), [&](std::int64_t index, int) { ++visits[static_cast<std::size_t>(index)]; });
  for (const auto& count : visits) EXPECT_EQ(count, 1);
}

TEST_P(Parallel, NumbersItsWorkersFromZero) {
  std::atomic<int> lowest{1000};
  std::atomic<int> highest{-1};
  parallel_for(500, GetParam(), [&](std::int64_t, int worker) {
    for (int seen = lowest; worker < seen && !lowest.compare_exchange_weak(seen, worker);) continue;
    for (int seen = highest; worker > seen && !highest.compare_exchange_weak(seen, worker);) continue;
  });
  EXPECT_GE(lowest, 0);
  EXPECT_LT(highest, GetParam());
}

TEST_P(Parallel, NeverGivesOneWorkerTwoIndicesAtATime) {
  std::vector<std::atomic<int>> busy(static_cast<std::size_t>(GetParam()));
  std::atomic<bool> shared{false};
  parallel_for(2000, GetParam(), [&](std::int64_t, int worker) {
    auto& mine = busy[static_cast<std::size_t>(worker)];
    if (++mine != 1) shared = true;
    --mine;
  });
  EXPECT_FALSE(shared);
}

TEST_P(Parallel, RethrowsAndStopsHandingOutWork) {
  constexpr std::int64_t kCount = 1'000'000'000;
  std::atomic<std::int64_t> calls{0};
  const auto work = [&](std::int64_t index, int) {
    ++calls;
    if (index == 10) throw std::runtime_error("index ten");
  };
  try {
    parallel_for(kCount, GetParam(), work);
    FAIL() << "the exception was swallowed";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "index ten");
  }
  EXPECT_LT(calls, kCount);
}

TEST_P(Parallel, DoesNothingForAnEmptyRange) {
  bool called = false;
  parallel_for(0, GetParam(), [&](std::int64_t, int) { called = true; });
  EXPECT_FALSE(called);
}

INSTANTIATE_TEST_SUITE_P(Threads, Parallel, ::testing::Values(1, 2, 7));

TEST(RunTogether, ThreadsMayWaitForOneAnother) {
  std::atomic<int> here{0};
  run_together(5, [&](int index) {
    EXPECT_LT(index, 5);
    ++here;
    while (here < 5) std::this_thread::yield();
  });
  EXPECT_EQ(here, 5);
  run_together(0, [&](int) { ++here; });
  EXPECT_EQ(here, 5);
}

TEST(RunTogether, RethrowsWhenAllHaveStopped) {
  std::atomic<int> stopped{0};
  const auto work = [&](int index) {
    ++stopped;
    if (index == 1) throw std::runtime_error("index one");
  };
  EXPECT_THROW(run_together(3, work), std::runtime_error);
  EXPECT_EQ(stopped, 3);
}

}  // namespace
}  // namespace strataform
