#include "strataform/io/npy.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "io/error_of.h"
#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::io {
namespace {

using namespace std::string_literals;
using test::count_entries;
using test::error_of;
using test::says;
using test::TemporaryFolder;

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

// A file with a header of our choice, as another program might write it.
std::string raw_npy(const std::string& dictionary, const std::string& data, char major = 1) {
  std::string length(major == 1 ? 2 : 4, '\0');
  length[0] = static_cast<char>(dictionary.size());
  return "\x93NUMPY"s + major + '\0' + length + dictionary + data;
}

std::string dictionary_of(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::string bytes_of(DType dtype, const std::vector<float>& values) {
  std::string bytes(values.size() * size_of(dtype), '\0');
  convert_from_float(dtype, values, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::string npy_refusal(const std::string& content) {
  const TemporaryFolder folder;
  write_text_file(folder / "bad.npy", content);
  const std::string message = error_of<InputError>([&] { NpyReader(folder / "bad.npy"); });
  EXPECT_TRUE(says(message, "bad.npy: "));
  return message;
}

TEST(Npy, RoundTripsEveryType) {
  const TemporaryFolder folder;
  const std::vector<float> values = ramp(30);
  for (const DType dtype : {DType::kFloat16, DType::kFloat32, DType::kFloat64}) {
    const std::filesystem::path path = folder / name_of(dtype);
    write_npy(path, values, {2, 3, 5}, dtype);
    const NpyReader reader(path);
    EXPECT_EQ(reader.dtype(), dtype);
    EXPECT_EQ(reader.shape(), (std::vector<std::int64_t>{2, 3, 5}));
    EXPECT_EQ(reader.count(), 2);
    EXPECT_EQ(reader.item_size(), 15);
    EXPECT_FALSE(reader.fortran_order());
    EXPECT_EQ(reader.read_all(), values) << name_of(dtype);
  }
}

TEST(Npy, ReadsSlices) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", ramp(12), {4, 3});
  const NpyReader reader(folder / "a.npy");
  std::vector<float> slice(6);
  reader.read(1, 2, slice);
  EXPECT_EQ(slice, (std::vector<float>{3, 4, 5, 6, 7, 8}));
  EXPECT_NO_THROW(reader.read(4, 0, {}));
  EXPECT_THROW(reader.read(3, 2, slice), std::out_of_range);
  EXPECT_THROW(reader.read(-1, 2, slice), std::out_of_range);
  EXPECT_THROW(reader.read(0, 1, slice), std::out_of_range);
}

TEST(Npy, ReadsFortranOrderAsCOrder) {
  const TemporaryFolder folder;
  constexpr std::int64_t kItems = 2;
  constexpr std::int64_t kRows = 3;
  constexpr std::int64_t kColumns = 4;
  std::vector<float> stored(kItems * kRows * kColumns);
  for (std::int64_t item = 0; item < kItems; ++item) {
    for (std::int64_t row = 0; row < kRows; ++row) {
      for (std::int64_t column = 0; column < kColumns; ++column) {
        const std::int64_t in_c_order = (item * kRows + row) * kColumns + column;
        stored[static_cast<std::size_t>(item + kItems * (row + kRows * column))] = static_cast<float>(in_c_order);
      }
    }
  }
  for (const DType dtype : {DType::kFloat16, DType::kFloat32, DType::kFloat64}) {
    const std::filesystem::path path = folder / name_of(dtype);
    write_text_file(path,
                    raw_npy(dictionary_of(std::string(npy_name(dtype)), "True", "(2, 3, 4)"), bytes_of(dtype, stored)));
    const NpyReader reader(path);
    EXPECT_TRUE(reader.fortran_order());
    EXPECT_EQ(reader.read_all(), ramp(24)) << name_of(dtype);
    std::vector<float> second(12);
    reader.read(1, 1, second);
    EXPECT_EQ(second.front(), 12.0F);
    EXPECT_EQ(second.back(), 23.0F);
  }
}

TEST(Npy, ReadsEveryVersionOfTheFormat) {
  const TemporaryFolder folder;
  for (const char version : {'\1', '\2', '\3'}) {
    const std::filesystem::path path = folder / std::to_string(version);
    write_text_file(path, raw_npy(dictionary_of("<f4", "False", "(3,)"), bytes_of(DType::kFloat32, ramp(3)), version));
    EXPECT_EQ(NpyReader(path).read_all(), ramp(3));
  }
  const std::string other = raw_npy(dictionary_of("<f4", "False", "(0,)"), "", '\4');
  EXPECT_TRUE(says(npy_refusal(other), {"1.0", "2.0", "3.0", "4.0"}));
}

TEST(Npy, HandlesSingleNumbersAndEmptyArrays) {
  const TemporaryFolder folder;
  write_npy(folder / "number.npy", ramp(1), {});
  const NpyReader number(folder / "number.npy");
  EXPECT_TRUE(number.shape().empty());
  EXPECT_EQ(number.count(), 1);
  EXPECT_EQ(number.item_size(), 1);
  EXPECT_EQ(number.read_all(), ramp(1));
  write_npy(folder / "empty.npy", {}, {0, 70, 70});
  const NpyReader empty(folder / "empty.npy");
  EXPECT_EQ(empty.count(), 0);
  EXPECT_EQ(empty.item_size(), 4900);
  EXPECT_TRUE(empty.read_all().empty());
}

TEST(Npy, PadsTheHeaderAsNumPyDoes) {
  const TemporaryFolder folder;
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{}, {4}, {2, 2}, {1, 1, 1, 1, 1, 1, 4}}) {
    const std::filesystem::path path = folder / format_shape(shape);
    write_npy(path, ramp(shape.empty() ? 1 : 4), shape);
    const std::string text = read_text_file(path);
    const std::size_t data = text.size() - (shape.empty() ? 4 : 16);
    EXPECT_EQ(data % 64, 0U);
    EXPECT_EQ(text[data - 1], '\n');
  }
  const std::string text = read_text_file(folder / "[4]");
  EXPECT_EQ(text.substr(0, 67), "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"s);
}

TEST(Npy, WritesPieceByPiece) {
  const TemporaryFolder folder;
  const std::vector<float> values = ramp(200'000);
  NpyWriter writer(folder / "a.npy", DType::kFloat32, {2, 100'000});
  writer.append(std::span(values).first(70'001));
  writer.append(std::span(values).subspan(70'001));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.npy"));
  writer.commit();
  EXPECT_EQ(NpyReader(folder / "a.npy").read_all(), values);
}

TEST(Npy, RefusesToCommitAnotherCountThanTheShapes) {
  const TemporaryFolder folder;
  {
    NpyWriter writer(folder / "a.npy", DType::kFloat32, {2, 3});
    writer.append(ramp(5));
    EXPECT_THROW(writer.commit(), std::logic_error);
    EXPECT_THROW(writer.append(ramp(2)), std::logic_error);
  }
  EXPECT_EQ(count_entries(folder.path()), 0);
  EXPECT_THROW(write_npy(folder / "a.npy", ramp(8), {8}, DType::kInt64), std::invalid_argument);
}

TEST(Npy, RefusesToOverwrite) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", ramp(3), {3});
  EXPECT_THROW(write_npy(folder / "a.npy", ramp(4), {4}), IoError);
  write_npy(folder / "a.npy", ramp(4), {4}, DType::kFloat32, Overwrite::kAllow);
  EXPECT_EQ(NpyReader(folder / "a.npy").count(), 4);
}

TEST(Npy, RejectsTruncatedFile) {
  const std::string whole = raw_npy(dictionary_of("<f4", "False", "(3, 2)"), std::string(24, '\0'));
  EXPECT_TRUE(says(npy_refusal(whole.substr(0, whole.size() - 1)),
                   "truncated file: expected 24 bytes of data for float32 [3, 2], found 23"));
  const std::string header = npy_refusal(whole.substr(0, 40));
  EXPECT_TRUE(says(header, "truncated .npy header: expected"));
  EXPECT_TRUE(says(header, "found 40"));
  EXPECT_TRUE(says(npy_refusal(whole.substr(0, 7)), "truncated .npy header"));
}

// Whatever a file is cut to, the answer is one clear line and no crash.
TEST(Npy, RejectsEveryTruncation) {
  const std::string whole = raw_npy(dictionary_of("<f2", "False", "(3, 2)"), std::string(12, '\0'));
  for (std::size_t size = 0; size < whole.size(); ++size) npy_refusal(whole.substr(0, size));
}

TEST(Npy, RejectsOversizedFile) {
  const std::string content = raw_npy(dictionary_of("<f8", "False", "(2,)"), std::string(17, '\0'));
  EXPECT_TRUE(says(npy_refusal(content), {"16 bytes", "float64 [2]", "found 17"}));
}

TEST(Npy, RejectsShapesThatNoFileHolds) {
  const std::string huge = "(4611686018427387904, 4)";
  EXPECT_TRUE(says(npy_refusal(raw_npy(dictionary_of("<f4", "False", huge), "")), "larger than any file"));
  const std::string empty = "(0, 4611686018427387904, 4)";
  EXPECT_TRUE(says(npy_refusal(raw_npy(dictionary_of("<f4", "False", empty), "")), "larger than any file"));
  const std::string too_long = "(99999999999999999999,)";
  EXPECT_TRUE(says(npy_refusal(raw_npy(dictionary_of("<f4", "False", too_long), "")), "expected an extent"));
  EXPECT_TRUE(says(npy_refusal(raw_npy(dictionary_of("<f4", "False", "(-1,)"), "")), "expected an extent"));
}

TEST(Npy, RejectsOtherTypes) {
  const auto refusal_of = [](const std::string& descr) {
    return npy_refusal(raw_npy(dictionary_of(descr, "False", "(1,)"), std::string(8, '\0')));
  };
  EXPECT_TRUE(says(refusal_of("|b1"), {"float16", "float32", "float64", "integer", "'|b1'"}));
  EXPECT_TRUE(says(refusal_of(">f4"), "big-endian"));
  EXPECT_TRUE(says(refusal_of("|O"), "Python objects"));
  EXPECT_TRUE(says(refusal_of("<c16"), "'<c16'"));
  EXPECT_TRUE(says(npy_refusal(raw_npy("{'descr': [('v', '<f4')], 'fortran_order': False, 'shape': (0,), }\n", "")),
                   "found a structured type"));
}

TEST(Npy, RejectsDamagedDictionaries) {
  for (const char* dictionary :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (0,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (0)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} x", "{'descr: <f4}",
        "{'descr' '<f4', 'fortran_order': False, 'shape': (0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 0}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}"}) {
    EXPECT_TRUE(says(npy_refusal(raw_npy(dictionary, "")), "damaged .npy header: ")) << dictionary;
  }
  // The same text, undamaged: it is not refused for another reason.
  const TemporaryFolder folder;
  write_text_file(folder / "a.npy", raw_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", ""));
  EXPECT_NO_THROW(NpyReader(folder / "a.npy"));
}

TEST(Npy, NamesWhatIsNotAnArray) {
  EXPECT_TRUE(says(npy_refusal(""), {".npy", "empty"}));
  EXPECT_TRUE(says(npy_refusal("PK\x03\x04 and more"), {".npy", "ZIP", ".npz", ".pth"}));
  EXPECT_TRUE(says(npy_refusal("\x89HDF\r\n\x1a\n"), {".npy", "HDF5"}));
  const TemporaryFolder folder;
  EXPECT_TRUE(says(error_of<IoError>([&] { NpyReader(folder / "gone.npy"); }), {"gone.npy", std::strerror(ENOENT)}));
  EXPECT_TRUE(says(error_of<IoError>([&] { NpyReader(folder.path()); }), "a folder"));
}

TEST(Npy, RequireFiniteNamesTheFirstOffender) {
  std::vector<float> values = ramp(10'000);
  EXPECT_NO_THROW(require_finite(values, "v.npy", "velocity"));
  EXPECT_NO_THROW(require_finite(std::vector<float>{std::numeric_limits<float>::max(), -0.0F}, "v.npy", "velocity"));
  values[9'000] = std::numeric_limits<float>::quiet_NaN();
  values[5'001] = -std::numeric_limits<float>::infinity();
  const std::string message = error_of<InputError>([&] { require_finite(values, "v.npy", "velocity"); });
  EXPECT_EQ(message, "v.npy: expected finite values in velocity, found -inf at index 5001");
}

TEST(Npy, ReadsTheReferenceModels) {
  const std::filesystem::path path = test::shared_file("reference/forward/model.npy");
  STRATAFORM_SKIP_WITHOUT(path);
  const NpyReader reader(path);
  EXPECT_EQ(reader.shape().size(), 4U);
  EXPECT_EQ(reader.item_size(), 70 * 70);
  const std::vector<float> values = reader.read_all();
  require_finite(values, path, "velocity");
  for (const float velocity : values) {
    ASSERT_GE(velocity, 1000.0F);
    ASSERT_LE(velocity, 5000.0F);
  }
}

TEST(NpyWriter, RefusesValuesThatHalfPrecisionWouldLose) {
  const test::TemporaryFolder folder;
  for (const float value : {1e-9F, 1e6F}) {
    const std::vector<float> values(10, value);
    EXPECT_THROW(write_npy(folder / "a.npy", values, {10}, DType::kFloat16), NumericalError) << value;
  }
  EXPECT_EQ(test::count_entries(folder.path()), 0);
  write_npy(folder / "a.npy", std::vector<float>(10, 0.0F), {10}, DType::kFloat16);
}

}  // namespace
}  // namespace strataform::io
