#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace strataform {

/// Whether an existing file may be replaced.
enum class Overwrite { kRefuse, kAllow };

/// A file that appears whole or not at all: it is written beside its target under a temporary name, flushed to
/// disk, then renamed. Without commit() the destructor removes what was written. A new file has the permissions that
/// the process's umask allows, one that replaces another has that one's. Throws IoError (missing folder, existing or
/// read-only file, full disk), naming the target.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target, Overwrite overwrite = Overwrite::kRefuse);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  AtomicFile(AtomicFile&&) = delete;
  AtomicFile& operator=(AtomicFile&&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// A name in target's folder, target's with an ending ("area.lora", ".run"). Where a file system would not take one so
/// long, what is before the ending is cut.
[[nodiscard]] std::filesystem::path path_beside(const std::filesystem::path& target, std::string_view ending);
/// Such a name unlike any other that this process is given, for what is to be renamed to target.
[[nodiscard]] std::filesystem::path temporary_path_beside(const std::filesystem::path& target);

/// "DIR/" names the same folder as "DIR".
[[nodiscard]] std::filesystem::path without_slash(const std::filesystem::path& folder);

/// Writes a whole text file atomically.
void write_text_file(const std::filesystem::path& path, std::string_view text,
                     Overwrite overwrite = Overwrite::kRefuse);
/// Throws IoError when the file cannot be read.
std::string read_text_file(const std::filesystem::path& path);
/// Throws IoError when path exists and overwrite is kRefuse or it is read-only, or when its folder is missing. Commands
/// call it for every output before they start to compute.
void check_output_path(const std::filesystem::path& path, Overwrite overwrite);
/// For a folder that is written as a whole. Throws IoError when path is a file, when it exists and overwrite is
/// kRefuse, or when the folder around it is missing.
void check_output_folder(const std::filesystem::path& path, Overwrite overwrite);

}  // namespace strataform
