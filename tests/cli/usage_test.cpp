#include <string>

#include "cli_fixture.h"
#include "strataform/core/version.h"

namespace strataform::test {
namespace {

using Usage = CliTest;

TEST_F(Usage, HelpShowsTheExitStatuses) {
  const RunResult result = run_program({"--help"});
  EXPECT_EQ(result.status, 0);
  for (const char* text : {"forward", "invert", "evaluate", "130 interrupted"}) {
    EXPECT_NE(result.output.find(text), std::string::npos) << text;
  }
}

TEST_F(Usage, VersionIsTheProjects) {
  EXPECT_EQ(run_program({"--version"}).output, "strataform " + std::string(kVersion) + "\n");
}

TEST_F(Usage, UnknownCommandSuggestsTheNearest) {
  expect_failure({"forwrad", "--velocity", "x"}, ExitStatus::kUsage, "'forward'");
}

TEST_F(Usage, UnknownOptionSuggestsTheNearest) {
  expect_failure({"invert", "--modle", "x"}, ExitStatus::kUsage, "'--model'");
}

TEST_F(Usage, MissingCommand) { expect_failure({}, ExitStatus::kUsage, "--help"); }

TEST_F(Usage, MissingOption) { expect_failure({"forward", "--velocity", "x"}, ExitStatus::kUsage, "--output"); }

TEST_F(Usage, UnknownFamily) {
  expect_failure({"generate", "--family", "flatvel-c", "--output", path("d")}, ExitStatus::kUsage, "flatvel-a");
}

TEST_F(Usage, BadThreads) {
  expect_failure({"--threads", "0", "info", "x"}, ExitStatus::kUsage, "--threads");
  expect_failure({"--threads", "100000", "info", "x"}, ExitStatus::kUsage, "--threads");
  expect_failure({"info", "x", "--threads", "many"}, ExitStatus::kUsage, "--threads");
}

}  // namespace
}  // namespace strataform::test
