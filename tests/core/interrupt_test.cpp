#include "strataform/core/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>

namespace strataform {
namespace {

class Interrupt : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    set_interrupted(false);
    install_interrupt_handler();
  }
  void TearDown() override {
    set_interrupted(false);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
  }
};

TEST_P(Interrupt, FirstSignalOnlySetsTheFlag) {
  EXPECT_FALSE(interrupted());
  std::raise(GetParam());
  EXPECT_TRUE(interrupted());
}

TEST_P(Interrupt, SecondSignalEndsTheProgram) {
  EXPECT_EXIT(
      {
        std::raise(GetParam());
        std::raise(GetParam());
      },
      ::testing::KilledBySignal(GetParam()), "");
}

TEST_P(Interrupt, FlagCanBeCleared) {
  std::raise(GetParam());
  set_interrupted(false);
  EXPECT_FALSE(interrupted());
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupt, ::testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace strataform
