// What has to hold before the first library of the program starts: LibTorch's, above all, runs code of its own before
// main() is reached.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

#include "strataform/core/error.h"

namespace strataform::app {
namespace {

/// A descriptor that the caller closed would be that of the next file which is opened, and an output file would be
/// written full of messages. Reading and what is written to standard error have no effect then; results cannot be
/// written, and that is an error.
void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free descriptor is this one.
    if (::open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
      ::_exit(static_cast<int>(ExitStatus::kIo));
  }
}

/// oneMKL looks for its folder and ends the process where it has none to begin with.
void require_working_folder() {
  std::array<char, PATH_MAX> path{};
  if (::getcwd(path.data(), path.size()) != nullptr || errno != ENOENT) return;
  constexpr std::string_view kMessage =
      "error: the working folder: expected one that exists, found that it was removed\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(static_cast<int>(ExitStatus::kIo));
}

void start() {
  open_standard_streams();
  require_working_folder();
}

// Called by the dynamic linker before it initialises any library.
[[gnu::section(".preinit_array"), gnu::used]] void (*const kStart)() = start;

}  // namespace
}  // namespace strataform::app
