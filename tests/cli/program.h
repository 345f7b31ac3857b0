#pragma once

#include <filesystem>
#include <functional>
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
  /// Ctrl-C's signal is sent as soon as this is true, which is asked while the program runs; empty: never.
  std::function<bool()> interrupt_when{};
};

/// Runs build/bin/strataform with these arguments and waits for it. Fails the test where it cannot be started.
RunResult run_program(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// Standard error without the lines of progress bars.
std::vector<std::string> error_lines(const RunResult& result);

}  // namespace strataform::test
