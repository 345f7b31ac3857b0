#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

using Numbers = CliTest;

/// What a help text has at the beginnings of its lines.
std::vector<std::string> matches(const std::vector<std::string>& arguments, const std::string& expression) {
  std::vector<std::string> found;
  std::istringstream help(run_program(arguments).output);
  std::smatch match;
  for (std::string line; std::getline(help, line);) {
    if (std::regex_search(line, match, std::regex(expression))) found.push_back(match[1]);
  }
  return found;
}

TEST_F(Numbers, OfEveryOptionAreDecimal) {
  int count = 0;
  for (const std::string& command : matches({"--help"}, "^  ([a-z]+) +[A-Z]")) {
    for (const std::string& option : matches({command, "--help"}, "^  (--[a-z-]+) (?:U?INT|FLOAT|SHARE)\\b")) {
      expect_failure({command, option, "0x10"}, ExitStatus::kUsage, option);
      ++count;
    }
  }
  EXPECT_GT(count, 80) << "the options are read from the help texts";
}

TEST_F(Numbers, AreRefusedWithTheReason) {
  for (const char* number : {"1e3", "0x10", "1_000", "ten", "", "99999999999999999999", "0b1", "010.5"}) {
    expect_failure({"forward", "--time-samples", number}, ExitStatus::kUsage, "--time-samples");
  }
  expect_failure({"generate", "--seed", "-1"}, ExitStatus::kUsage, "--seed");
  for (const char* number : {"nan", "inf", "1e999", "0x1p3", "1,5", "5 "}) {
    expect_failure({"forward", "--time-step", number}, ExitStatus::kUsage, "--time-step");
  }
  expect_failure({"finetune", "--held-out", "a fifth"}, ExitStatus::kUsage, "20%");
  expect_failure({"finetune", "--prefix-cache", "0x10MB"}, ExitStatus::kUsage, "512MB");
  expect_failure({"adapter", "combine", path("a") + "=0x1", "--model", "m", "--output", path("b")}, ExitStatus::kUsage,
                 "ADAPTER=WEIGHT");
}

TEST_F(Numbers, WithLeadingZerosAreNotOctal) {
  io::write_npy(path("v.npy"), std::vector<float>(20 * 30, 2000.0F), {20, 30});
  expect_success({"forward", "--velocity", path("v.npy"), "--output", path("g.npy"), "--samples", "0030", "--sources",
                  "08,010", "--sponge", "010"});
  EXPECT_EQ(io::NpyReader(path("g.npy")).shape(), (std::vector<std::int64_t>{2, 30, 30}));
  expect_success({"forward", "--velocity", path("v.npy"), "--output", path("h.npy"), "--samples", "30", "--sources",
                  "8,10", "--sponge", "10"});
  EXPECT_EQ(io::NpyReader(path("g.npy")).read_all(), io::NpyReader(path("h.npy")).read_all());
}

}  // namespace
}  // namespace strataform::test
