#include "strataform/io/positional_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "strataform/core/error.h"

namespace strataform::io {

PositionalFile::PositionalFile(std::filesystem::path path)
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  struct stat status{};
  if (descriptor_ < 0) {
    throw IoError(fmt::format("{}: cannot be read: {}", path_.string(), std::strerror(errno)));
  }
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw IoError(fmt::format("{}: expected a file, found a {}", path_.string(),
                              S_ISDIR(status.st_mode) ? "folder" : "device, pipe or socket"));
  }
  size_ = status.st_size;
}

PositionalFile::~PositionalFile() { ::close(descriptor_); }

void PositionalFile::read(std::int64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t count = ::pread(descriptor_, out.data(), out.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError(fmt::format("{}: cannot be read: {}", path_.string(), std::strerror(errno)));
    if (count == 0) {
      throw IoError(
          fmt::format("{}: ends at byte {}, {} before what was to be read does", path_.string(), offset, out.size()));
    }
    out = out.subspan(static_cast<std::size_t>(count));
    offset += count;
  }
}

}  // namespace strataform::io
