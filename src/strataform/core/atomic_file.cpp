#include "strataform/core/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "strataform/core/error.h"

namespace strataform {
namespace fs = std::filesystem;

namespace {

constexpr auto kAnyWrite = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;

/// Of a type not_found where nothing is there. A look-up can fail: a name may be too long, a folder closed.
fs::file_status status_of(const fs::path& path) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (status.type() == fs::file_type::none) {
    throw IoError(fmt::format("{}: cannot be looked up: {}", path.string(), failure.message()));
  }
  return status;
}

/// What may not be written is not replaced either, though the file system would allow that: whoever took the
/// permission away meant the content.
void require_writable(const fs::path& path, const fs::file_status& status) {
  if ((status.permissions() & kAnyWrite) == fs::perms::none || ::access(path.c_str(), W_OK) != 0) {
    throw IoError(fmt::format("{}: is read-only, so it is not replaced", path.string()));
  }
}

void check_free(const fs::path& path, const fs::file_status& status, Overwrite overwrite) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(status_of(folder))) {
    throw IoError(fmt::format("{}: the folder {} does not exist", path.string(), folder.string()));
  }
  if (!fs::exists(status)) return;
  if (overwrite == Overwrite::kRefuse) {
    throw IoError(fmt::format("{}: exists already (`force` overwrites it)", path.string()));
  }
  require_writable(path, status);
}

/// The largest prefix of at most that many bytes that does not end within a character of UTF-8.
std::string_view shortened(std::string_view name, std::size_t size) {
  const auto is_within = [&](std::size_t end) { return (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U; };
  if (name.size() <= size) return name;
  while (size > 0 && is_within(size)) --size;
  return name.substr(0, size);
}

/// Owner, group and mode of the file that is replaced. The owner only as far as the system allows it.
void take_over_permissions(int descriptor, const fs::path& target) {
  struct stat status{};
  if (::stat(target.c_str(), &status) != 0) return;
  const bool owner_kept = ::fchown(descriptor, status.st_uid, status.st_gid) == 0;
  // A file of another owner does not run, nor write, as the one before did.
  ::fchmod(descriptor, status.st_mode & (owner_kept ? 07777U : 0777U));
}

}  // namespace

fs::path path_beside(const fs::path& target, std::string_view ending) {
  const std::string name = without_slash(target).filename().string();
  return without_slash(target).parent_path() / std::string(shortened(name, NAME_MAX - ending.size())).append(ending);
}

fs::path temporary_path_beside(const fs::path& target) {
  static std::atomic<int> count{0};
  return path_beside(target, fmt::format(".partial{}-{}", ::getpid(), count++));
}

void check_output_path(const fs::path& path, Overwrite overwrite) {
  const fs::file_status status = status_of(path);
  if (fs::is_directory(status)) throw IoError(fmt::format("{}: expected a file, found a folder", path.string()));
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw IoError(fmt::format("{}: expected a file, found something else, which would be replaced", path.string()));
  }
  check_free(path, status, overwrite);
}

void check_output_folder(const fs::path& path, Overwrite overwrite) {
  const fs::file_status status = status_of(path);
  if (fs::exists(status) && !fs::is_directory(status)) {
    throw IoError(fmt::format("{}: expected a folder, found a file", path.string()));
  }
  check_free(path, status, overwrite);
}

AtomicFile::AtomicFile(fs::path target, Overwrite overwrite)
    : target_(std::move(target)), temporary_(temporary_path_beside(target_)) {
  check_output_path(target_, overwrite);
  // As the process's umask has it; until the permissions of a replaced file are taken over, nobody else's to read.
  const bool replaces = fs::exists(target_);
  descriptor_ = ::open(temporary_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, replaces ? 0600 : 0666);
  if (descriptor_ < 0) fail("created");
  if (replaces) take_over_permissions(descriptor_, target_);
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
