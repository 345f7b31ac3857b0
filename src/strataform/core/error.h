#pragma once

#include <stdexcept>
#include <string>

namespace strataform {

/// What the program returns to the shell. The table in docs/cli.md is made from these values.
enum class ExitStatus : int {
  kSuccess = 0,
  kInternal = 1,     ///< a defect of ours: please report it
  kUsage = 2,        ///< the command line or an option's value
  kInput = 3,        ///< a file's content: format, shape, type, non-finite values
  kIo = 4,           ///< the file system: missing, unreadable, exists already, disk full
  kMismatch = 5,     ///< files that are each valid but do not belong together
  kNumerical = 6,    ///< unstable time step, diverged training or inversion
  kCheckFailed = 7,  ///< a self-check (the demo's, for example) was not met
  kInterrupted = 130,
};

/// Base of every error that a user can cause or must be told about. what() is one clear line that names
/// the file or option, what was expected and what was found.
class Error : public std::runtime_error {
 public:
  Error(ExitStatus status, const std::string& message) : std::runtime_error(message), status_(status) {}
  [[nodiscard]] ExitStatus status() const noexcept { return status_; }

 private:
  ExitStatus status_;
};

class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitStatus::kUsage, message) {}
};

class InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(ExitStatus::kInput, message) {}
};

class IoError : public Error {
 public:
  explicit IoError(const std::string& message) : Error(ExitStatus::kIo, message) {}
};

class MismatchError : public Error {
 public:
  explicit MismatchError(const std::string& message) : Error(ExitStatus::kMismatch, message) {}
};

class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& message) : Error(ExitStatus::kNumerical, message) {}
};

class CheckFailedError : public Error {
 public:
  explicit CheckFailedError(const std::string& message) : Error(ExitStatus::kCheckFailed, message) {}
};

/// Thrown when the user pressed Ctrl-C; what() says what was saved and how to go on.
class InterruptedError : public Error {
 public:
  explicit InterruptedError(const std::string& message) : Error(ExitStatus::kInterrupted, message) {}
};

}  // namespace strataform
