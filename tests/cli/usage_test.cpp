#include <algorithm>
#include <sstream>
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

TEST_F(Usage, HelpIsACommandToo) {
  EXPECT_EQ(run_program({"help"}).output, run_program({"--help"}).output);
  EXPECT_EQ(run_program({"help", "invert"}).output, run_program({"invert", "--help"}).output);
  EXPECT_EQ(run_program({"help", "adapter", "merge"}).output, run_program({"adapter", "merge", "--help"}).output);
  expect_failure({"help", "invrt"}, ExitStatus::kUsage, "invert");
}

TEST_F(Usage, HelpOfACommandHasGroupsAndAnExample) {
  const std::string forward = run_program({"forward", "--help"}).output;
  std::size_t place = 0;
  for (const char* group : {"Input:", "Output:", "Survey:", "Simulation:", "Other:", "Example:"}) {
    const std::size_t found = forward.find("\n" + std::string(group) + "\n", place);
    EXPECT_NE(found, std::string::npos) << group;
    place = std::min(found, forward.size());
  }
}

TEST_F(Usage, HelpOfEveryCommandHasAnExample) {
  std::istringstream lines(run_program({"--help"}).output);
  std::string line;
  while (std::getline(lines, line) && line != "Subcommands:") {
  }
  int count = 0;
  for (; std::getline(lines, line) && !line.empty(); ++count) {
    const std::string command = line.substr(2, line.find(' ', 2) - 2);
    const std::string help = run_program({command, "--help"}).output;
    EXPECT_EQ(help.find("130 interrupted"), std::string::npos) << command;
    if (command != "adapter") {  // whose own commands have them
      EXPECT_NE(help.find("\n  strataform " + command + " "), std::string::npos) << command;
    }
  }
  EXPECT_GE(count, 16);
}

TEST_F(Usage, HelpOfPretrainHasTheOptionsOfItsBackbones) {
  const std::string help = run_program({"pretrain", "--help"}).output;
  for (const char* text : {"\"mixers\":6", "\"nx\":70", "\"widths\":[32,64,128,256,512]"}) {
    EXPECT_NE(help.find(text), std::string::npos) << text;
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
