#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace strataform::test {

/// What a finished run of the program left.
struct RunResult {
  int status = -1;     ///< exit status; 128 + signal where a signal ended it
  std::string output;  ///< standard output
  std::string errors;  ///< standard error
};

struct RunOptions {
  double interrupt_after_seconds = 0.0;  ///< above 0: send it Ctrl-C's signal then
};

/// Runs build/bin/strataform with these arguments and waits for it. Fails the test where it cannot be started.
RunResult run_program(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// Standard error without the lines of progress bars.
std::vector<std::string> error_lines(const RunResult& result);

}  // namespace strataform::test
