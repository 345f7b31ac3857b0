#include "program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

#include "strataform/core/atomic_file.h"
#include "support/test_support.h"

namespace strataform::test {

RunResult run_program(const std::vector<std::string>& arguments, const RunOptions& options) {
  const TemporaryFolder folder;
  const std::string output = folder / "output";
  const std::string errors = folder / "errors";
  std::vector<char*> argv{const_cast<char*>(STRATAFORM_PROGRAM)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kFlags = O_CREAT | O_WRONLY | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), kFlags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), kFlags, 0600);
  pid_t process = 0;
  const int failure = ::posix_spawn(&process, STRATAFORM_PROGRAM, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  RunResult result;
  EXPECT_EQ(failure, 0) << STRATAFORM_PROGRAM << " cannot be run";
  if (failure != 0) return result;

  int status = 0;
  bool has_ended = false;
  if (options.interrupt_when) {
    while (!options.interrupt_when() && !has_ended) {
      has_ended = ::waitpid(process, &status, WNOHANG) == process;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (!has_ended) ::kill(process, SIGINT);
  }
  EXPECT_TRUE(has_ended || ::waitpid(process, &status, 0) == process);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.output = read_text_file(output);
  result.errors = read_text_file(errors);
  return result;
}

std::vector<std::string> error_lines(const RunResult& result) {
  std::vector<std::string> lines;
  std::istringstream stream(result.errors);
  for (std::string line; std::getline(stream, line);) {
    const bool is_progress = line.find("█") != std::string::npos || line.find("░") != std::string::npos;
    if (!is_progress) lines.push_back(line);
  }
  return lines;
}

}  // namespace strataform::test
