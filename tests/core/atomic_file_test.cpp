#include "strataform/core/atomic_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform {
namespace {

namespace fs = std::filesystem;
using test::count_entries;
using test::TemporaryFolder;

// Runs an action that must throw IoError and returns its message.
template <typename Action>
std::string io_error_of(const Action& action) {
  try {
    action();
  } catch (const IoError& error) {
    EXPECT_EQ(error.status(), ExitStatus::kIo);
    return error.what();
  }
  ADD_FAILURE() << "expected an IoError";
  return {};
}

TEST(AtomicFile, AppearsOnlyOnCommit) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "map.npy");
  file.write("velocity");
  EXPECT_FALSE(fs::exists(folder / "map.npy"));
  file.commit();
  EXPECT_EQ(read_text_file(folder / "map.npy"), "velocity");
  EXPECT_EQ(count_entries(folder.path()), 1);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const TemporaryFolder folder;
  {
    AtomicFile(folder / "map.npy").write("half of it");
  }
  EXPECT_EQ(count_entries(folder.path()), 0);
}

TEST(AtomicFile, RefusesToOverwrite) {
  const TemporaryFolder folder;
  write_text_file(folder / "map.npy", "old");
  const std::string message = io_error_of([&] { write_text_file(folder / "map.npy", "new"); });
  EXPECT_NE(message.find("map.npy"), std::string::npos);
  EXPECT_NE(message.find("`force`"), std::string::npos);
  EXPECT_EQ(read_text_file(folder / "map.npy"), "old");
  EXPECT_EQ(count_entries(folder.path()), 1);
}

TEST(AtomicFile, KeepsTheOldFileUntilCommit) {
  const TemporaryFolder folder;
  write_text_file(folder / "map.npy", "old");
  {
    AtomicFile file(folder / "map.npy", Overwrite::kAllow);
    file.write("unfinished");
    EXPECT_EQ(read_text_file(folder / "map.npy"), "old");
  }
  EXPECT_EQ(read_text_file(folder / "map.npy"), "old");
  write_text_file(folder / "map.npy", "new", Overwrite::kAllow);
  EXPECT_EQ(read_text_file(folder / "map.npy"), "new");
}

TEST(AtomicFile, NamesAMissingFolder) {
  const TemporaryFolder folder;
  const std::string message = io_error_of([&] { AtomicFile(folder.path() / "absent" / "map.npy").commit(); });
  EXPECT_NE(message.find("absent"), std::string::npos);
  EXPECT_NE(message.find("does not exist"), std::string::npos);
}

TEST(AtomicFile, RefusesAFolderAsTarget) {
  const TemporaryFolder folder;
  const std::string message = io_error_of([&] { write_text_file(folder.path(), "text", Overwrite::kAllow); });
  EXPECT_NE(message.find("found a folder"), std::string::npos);
}

TEST(AtomicFile, ReportsAFullDiskAndLeavesNothing) {
  const TemporaryFolder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "mounting a small file system needs root: " << std::strerror(errno);
  }
  const std::string text(1U << 20U, 'x');
  const std::string message = io_error_of([&] { write_text_file(folder / "map.npy", text); });
  EXPECT_NE(message.find("map.npy"), std::string::npos);
  EXPECT_NE(message.find(std::strerror(ENOSPC)), std::string::npos);
  EXPECT_EQ(count_entries(folder.path()), 0);
  ::umount(folder.path().c_str());
}

/// The process's umask for as long as a test runs.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  Umask(Umask&&) = delete;
  Umask& operator=(Umask&&) = delete;

 private:
  mode_t before_;
};

unsigned mode_of(const fs::path& path) { return static_cast<unsigned>(fs::status(path).permissions()); }

TEST(AtomicFile, HasThePermissionsThatTheUmaskAllows) {
  const TemporaryFolder folder;
  for (const auto& [mask, mode] : {std::pair(002U, 0664U), std::pair(022U, 0644U), std::pair(077U, 0600U)}) {
    const Umask umask(mask);
    write_text_file(folder / fmt::format("{:o}.npy", mask), "text");
    EXPECT_EQ(mode_of(folder / fmt::format("{:o}.npy", mask)), mode);
  }
}

TEST(AtomicFile, KeepsThePermissionsOfTheFileThatItReplaces) {
  const TemporaryFolder folder;
  const fs::path path = folder / "map.npy";
  write_text_file(path, "old");
  for (const unsigned mode : {0600U, 0664U, 0640U, 0755U}) {
    fs::permissions(path, static_cast<fs::perms>(mode));
    write_text_file(path, "new", Overwrite::kAllow);
    EXPECT_EQ(mode_of(path), mode);
  }
}

TEST(AtomicFile, DoesNotReplaceAReadOnlyFile) {
  const TemporaryFolder folder;
  const fs::path path = folder / "map.npy";
  write_text_file(path, "old");
  fs::permissions(path, static_cast<fs::perms>(0444));
  const std::string message = io_error_of([&] { check_output_path(path, Overwrite::kAllow); });
  EXPECT_NE(message.find("read-only"), std::string::npos) << message;
  (void)io_error_of([&] { write_text_file(path, "new", Overwrite::kAllow); });
  EXPECT_EQ(read_text_file(path), "old");
  EXPECT_EQ(mode_of(path), 0444U);
  EXPECT_EQ(count_entries(folder.path()), 1);
}

TEST(AtomicFile, CanHaveAnyNameThatTheFileSystemTakes) {
  const TemporaryFolder folder;
  std::string two_bytes;
  while (two_bytes.size() + 2 <= NAME_MAX) two_bytes += "\u00e4";
  for (const std::string& name : {std::string(NAME_MAX, 'a'), std::string(NAME_MAX - 5, 'b'), two_bytes}) {
    write_text_file(folder / name, "old");
    write_text_file(folder / name, "new", Overwrite::kAllow);
    EXPECT_EQ(read_text_file(folder / name), "new");
  }
  EXPECT_EQ(count_entries(folder.path()), 3);
  const std::string message = io_error_of([&] { write_text_file(folder / std::string(NAME_MAX + 1, 'c'), "text"); });
  EXPECT_NE(message.find(std::strerror(ENAMETOOLONG)), std::string::npos) << message;
}

TEST(PathBeside, HasTheEndingAndAnyNameFits) {
  EXPECT_EQ(path_beside("out/area.lora", ".run"), "out/area.lora.run");
  EXPECT_EQ(path_beside("area.lora/", ".run"), "area.lora.run");
  EXPECT_EQ(path_beside("out/" + std::string(NAME_MAX, 'a'), ".run"), "out/" + std::string(NAME_MAX - 4, 'a') + ".run");
}

TEST(AtomicFile, SharesItsTemporaryNameWithNoOther) {
  const TemporaryFolder folder;
  const std::string stem(NAME_MAX - 1, 'a');
  AtomicFile one(folder / (stem + "1"));
  AtomicFile other(folder / (stem + "2"));
  one.write("one");
  other.write("other");
  one.commit();
  other.commit();
  EXPECT_EQ(read_text_file(folder / (stem + "1")), "one");
  EXPECT_EQ(read_text_file(folder / (stem + "2")), "other");
}

TEST(ReadTextFile, NamesAMissingFile) {
  const TemporaryFolder folder;
  const std::string message = io_error_of([&] { read_text_file(folder / "absent.json"); });
  EXPECT_NE(message.find("absent.json"), std::string::npos);
  EXPECT_NE(message.find("no such file"), std::string::npos);
}

TEST(ReadTextFile, RefusesAFolder) {
  const TemporaryFolder folder;
  const std::string message = io_error_of([&] { read_text_file(folder.path()); });
  EXPECT_NE(message.find("not a readable file"), std::string::npos);
}

}  // namespace
}  // namespace strataform
