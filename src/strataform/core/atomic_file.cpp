#include "strataform/core/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "strataform/core/error.h"

namespace strataform {
namespace fs = std::filesystem;

namespace {

void check_free(const fs::path& path, Overwrite overwrite) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder)) {
    throw IoError(fmt::format("{}: the folder {} does not exist", path.string(), folder.string()));
  }
  if (overwrite == Overwrite::kRefuse && fs::exists(path)) {
    throw IoError(fmt::format("{}: exists already (--force overwrites it)", path.string()));
  }
}

}  // namespace

void check_output_path(const fs::path& path, Overwrite overwrite) {
  if (fs::is_directory(path)) throw IoError(fmt::format("{}: expected a file, found a folder", path.string()));
  if (fs::exists(path) && !fs::is_regular_file(path)) {
    throw IoError(fmt::format("{}: expected a file, found something else, which would be replaced", path.string()));
  }
  check_free(path, overwrite);
}

void check_output_folder(const fs::path& path, Overwrite overwrite) {
  if (fs::exists(path) && !fs::is_directory(path)) {
    throw IoError(fmt::format("{}: expected a folder, found a file", path.string()));
  }
  check_free(path, overwrite);
}

AtomicFile::AtomicFile(fs::path target, Overwrite overwrite) : target_(std::move(target)) {
  check_output_path(target_, overwrite);
  temporary_ = target_;
  temporary_ += fmt::format(".partial{}", ::getpid());
  descriptor_ = ::open(temporary_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("created");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* action) const {
  throw IoError(fmt::format("{}: cannot be {}: {}", target_.string(), action, std::strerror(errno)));
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("written");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("renamed into place");
  ::close(descriptor_);
  descriptor_ = -1;
}

std::filesystem::path without_slash(const std::filesystem::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

void write_text_file(const fs::path& path, std::string_view text, Overwrite overwrite) {
  AtomicFile file(path, overwrite);
  file.write(text);
  file.commit();
}

std::string read_text_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || fs::is_directory(path)) {
    throw IoError(fmt::format("{}: cannot be read: {}", path.string(),
                              fs::exists(path) ? "not a readable file" : "no such file"));
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace strataform
