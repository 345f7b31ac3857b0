#include "strataform/io/file_kind.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "io/error_of.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "strataform/io/safetensors.h"
#include "support/test_support.h"

namespace strataform::io {
namespace {

using namespace std::string_view_literals;
using test::error_of;
using test::says;
using test::TemporaryFolder;

TEST(FileKind, LooksAtTheContentAndNotAtTheName) {
  const TemporaryFolder folder;
  write_npy(folder / "a.json", std::vector<float>{1.0F}, {1});
  write_safetensors(folder / "b.npy", {}, {});
  write_json(folder / "c.safetensors", {{"rank", 3}});
  write_text_file(folder / "d.npy", "velocity 3000\n");
  write_text_file(folder / "empty", "");
  EXPECT_EQ(detect_file_kind(folder / "a.json"), FileKind::kNpy);
  EXPECT_EQ(detect_file_kind(folder / "b.npy"), FileKind::kSafetensors);
  EXPECT_EQ(detect_file_kind(folder / "c.safetensors"), FileKind::kJson);
  EXPECT_EQ(detect_file_kind(folder / "d.npy"), FileKind::kUnknown);
  EXPECT_EQ(detect_file_kind(folder / "empty"), FileKind::kUnknown);
  EXPECT_EQ(detect_file_kind(folder.path()), FileKind::kFolder);
}

TEST(FileKind, NamesAMissingFile) {
  const TemporaryFolder folder;
  const std::string message = error_of<IoError>([&] { (void)detect_file_kind(folder / "gone.npy"); });
  EXPECT_TRUE(says(message, {"gone.npy", std::strerror(ENOENT)}));
}

TEST(FileKind, DescribesFilesThatAreTakenForArrays) {
  const auto describe = [](std::string_view text) { return describe_content(std::as_bytes(std::span(text))); };
  EXPECT_EQ(describe(""), "an empty file");
  EXPECT_EQ(describe("PK\x03\x04rest"sv), "a ZIP archive (.npz or .pth)");
  EXPECT_EQ(describe("\x89HDF\r\n\x1a\n"sv), "an HDF5 file");
  EXPECT_EQ(describe("\x80\x02}q"sv), "a Python pickle");
  EXPECT_EQ(describe("{\"r\": 3}"), "JSON text");
  EXPECT_EQ(describe("\x02\0\0\0\0\0\0\0{}"sv), "a .safetensors file");
  EXPECT_EQ(describe("\x55\x3a\x01\0rest"sv).substr(0, 12), "a SEG-2 file");
  // 40 lines of text, which begin with a C, and a binary header whose samples are IEEE floats.
  for (const char first : {'C', '\xc3'}) {
    std::string segy(3600, first == 'C' ? ' ' : '\x40');
    segy[0] = first;
    segy[3224] = 0;
    segy[3225] = 5;
    EXPECT_EQ(describe(segy).substr(0, 12), "a SEG-Y file");
    segy[3225] = ' ';
    EXPECT_NE(describe(segy).substr(0, 12), "a SEG-Y file");
  }
  EXPECT_EQ(describe("depth velocity\n"), "a text file");
  EXPECT_EQ(describe("\x01\x02\x03"sv), "a file of another format");
}

}  // namespace
}  // namespace strataform::io
