#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace strataform::test {

/// A folder of its own for one test, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "strataform-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::filesystem::filesystem_error("mkdtemp", name, {});
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  TemporaryFolder(TemporaryFolder&&) = delete;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Number of entries in a folder: a test that expects a failure checks with it that nothing was left behind.
inline std::ptrdiff_t count_entries(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

/// A file of reference data, in the folder that the environment variable STRATAFORM_SHARED_DIR names, else in
/// ../shared beside the source.
inline std::filesystem::path shared_file(std::string_view relative) {
  const char* chosen = std::getenv("STRATAFORM_SHARED_DIR");
  return std::filesystem::path(chosen != nullptr ? chosen : STRATAFORM_SHARED_DIR) / relative;
}

}  // namespace strataform::test

/// Skips the test where reference data is absent.
#define STRATAFORM_SKIP_WITHOUT(file)                                                                \
  if (!std::filesystem::exists(file)) {                                                              \
    GTEST_SKIP() << (file) << " is absent; STRATAFORM_SHARED_DIR names the reference data's folder"; \
  }
