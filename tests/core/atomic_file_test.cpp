#include "strataform/core/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

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
  EXPECT_NE(message.find("--force"), std::string::npos);
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
  EXPECT_NE(message.find("No space left"), std::string::npos);
  EXPECT_EQ(count_entries(folder.path()), 0);
  ::umount(folder.path().c_str());
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
