#include "option_names.h"

#include <gtest/gtest.h>

namespace strataform::app {
namespace {

/// A program with --threads, `train` with --held-out and `adapter merge` with --force.
class OptionNames : public ::testing::Test {
 protected:
  OptionNames() {
    program_.add_option("--threads");
    program_.add_subcommand("train")->add_flag("--held-out,!--all");
    program_.add_subcommand("adapter")->add_subcommand("merge")->add_flag("--force");
  }

  CLI::App program_;
};

TEST_F(OptionNames, AreThoseOfTheCommandThatRuns) {
  program_.parse("train", false);
  EXPECT_EQ(with_option_names(program_, "`held_out`: expected 1, found 2"), "--held-out: expected 1, found 2");
  EXPECT_EQ(with_option_names(program_, "give `all` or `threads`"), "give --all or --threads");
  EXPECT_EQ(with_option_names(program_, "out exists (`force` overwrites it)"), "out exists (`force` overwrites it)");
}

TEST_F(OptionNames, AreThoseOfACommandOfACommand) {
  program_.parse("adapter merge", false);
  EXPECT_EQ(with_option_names(program_, "out exists (`force` overwrites it)"), "out exists (--force overwrites it)");
}

TEST_F(OptionNames, LeaveEverythingElseAlone) {
  program_.parse("train", false);
  for (const char* text : {"", "`", "a `b", "``held_out", "`Held_out`", "`held-out`", "held_out", "`x` and `y"}) {
    EXPECT_EQ(with_option_names(program_, text), text);
  }
  EXPECT_EQ(with_option_names(program_, "it's `here`held_out`"), "it's `here--held-out");
}

}  // namespace
}  // namespace strataform::app
