#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "program.h"
#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::test {

/// A folder to work in and the promise of every failed run: one line that names what it is about, the exit status of
/// its kind, and nothing left behind.
class CliTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(std::string_view name) const { return folder_ / name; }

  void expect_failure(const std::vector<std::string>& arguments, ExitStatus status,
                      const std::string& mentioned) const {
    const std::ptrdiff_t before = count_entries(folder_.path());
    const RunResult result = run_program(arguments);
    const std::vector<std::string> lines = error_lines(result);
    EXPECT_EQ(result.status, static_cast<int>(status)) << result.errors;
    EXPECT_EQ(result.output, "");
    ASSERT_EQ(lines.size(), 1U) << result.errors;
    EXPECT_TRUE(lines[0].starts_with("error: ")) << lines[0];
    EXPECT_NE(lines[0].find(mentioned), std::string::npos) << lines[0];
    EXPECT_EQ(count_entries(folder_.path()), before) << "the run left something behind";
  }

  void expect_success(const std::vector<std::string>& arguments) const {
    const RunResult result = run_program(arguments);
    ASSERT_EQ(result.status, 0) << result.errors;
  }

  TemporaryFolder folder_;
};

}  // namespace strataform::test
