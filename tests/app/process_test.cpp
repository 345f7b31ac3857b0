#include "process.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <csignal>

#include "strataform/train/tensor_memory.h"

namespace strataform::app {
namespace {

class Signals : public ::testing::TestWithParam<int> {};

// In a process of its own: the source that a signal asks is the process's.
TEST_P(Signals, TheFirstAsksTheWorkToStop) {
  EXPECT_EXIT(
      {
        const StopToken token = stop_on_signals();
        const bool before = token.stop_requested();
        std::raise(GetParam());
        std::exit(!before && token.stop_requested() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_P(Signals, TheSecondEndsTheProgram) {
  EXPECT_EXIT(
      {
        (void)stop_on_signals();
        std::raise(GetParam());
        std::raise(GetParam());
      },
      ::testing::KilledBySignal(GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(Both, Signals, ::testing::Values(SIGINT, SIGTERM));

TEST(PrepareForTraining, CountsTensorsOnAsManyThreadsAsTheContextHas) {
  train::reset_peak_tensor_bytes();
  (void)torch::ones({1000});
  EXPECT_EQ(train::peak_tensor_bytes(), 0) << "the library alone does not count";
  prepare_for_training({.threads = 1});
  EXPECT_EQ(at::get_num_threads(), 1);
  train::reset_peak_tensor_bytes();
  (void)torch::ones({1000});
  EXPECT_EQ(train::peak_tensor_bytes(), 4000);
}

}  // namespace
}  // namespace strataform::app
