#include "strataform/io/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

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

std::string raw_file(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string text(sizeof(length), '\0');
  std::memcpy(text.data(), &length, sizeof(length));
  return text + header + data;
}

std::string safetensors_refusal(const std::string& content) {
  const TemporaryFolder folder;
  write_text_file(folder / "bad.safetensors", content);
  const std::string message = error_of<InputError>([&] { SafetensorsFile(folder / "bad.safetensors"); });
  EXPECT_TRUE(says(message, "bad.safetensors: "));
  return message;
}

// Files with the tensor "a" of two float32 values, described by the text of its entry.
std::string refusal_of_entry(const std::string& entry) {
  return safetensors_refusal(raw_file("{\"a\":" + entry + "}", std::string(8, '\0')));
}

std::vector<std::byte> some_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t index = 0; index < count; ++index) bytes[index] = static_cast<std::byte>(index * 7 + 1);
  return bytes;
}

TEST(Safetensors, RoundTripsEveryType) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes = some_bytes(6 * 8);
  std::vector<TensorInfo> tensors;
  for (const DType dtype : {DType::kBool, DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64,
                            DType::kUInt8, DType::kInt32, DType::kInt64}) {
    tensors.push_back({.name = std::string(name_of(dtype)),
                       .dtype = dtype,
                       .shape = {2, 3},
                       .data = std::span(bytes).first(6 * size_of(dtype))});
  }
  write_safetensors(folder / "a", tensors, {{"format", "pt"}, {"notes", "line\n\"quoted\""}});
  const SafetensorsFile file(folder / "a");
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"notes", "line\n\"quoted\""}}));
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const TensorInfo& written : tensors) {
    const TensorInfo* read = file.find(written.name);
    ASSERT_NE(read, nullptr) << written.name;
    EXPECT_EQ(read->dtype, written.dtype);
    EXPECT_EQ(read->shape, written.shape);
    EXPECT_TRUE(std::ranges::equal(read->data, written.data)) << written.name;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read->data.data()) % size_of(read->dtype), 0U) << written.name;
  }
  EXPECT_EQ(file.find("float3"), nullptr);
}

TEST(Safetensors, OrdersByElementSizeThenName) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes = some_bytes(8);
  const std::span<const std::byte> data = bytes;
  write_safetensors(folder / "a",
                    {{.name = "h", .dtype = DType::kFloat16, .shape = {1}, .data = data.first(2)},
                     {.name = "z", .dtype = DType::kFloat32, .shape = {}, .data = data.first(4)},
                     {.name = "b", .dtype = DType::kInt32, .shape = {2}, .data = data},
                     {.name = "n", .dtype = DType::kInt64, .shape = {1}, .data = data}},
                    {});
  const SafetensorsFile file(folder / "a");
  std::string order;
  for (const TensorInfo& tensor : file.tensors()) order += tensor.name;
  EXPECT_EQ(order, "nbzh");
  EXPECT_TRUE(file.find("z")->shape.empty());
  std::uint64_t length = 0;
  const std::string text = read_text_file(folder / "a");
  std::memcpy(&length, text.data(), sizeof(length));
  EXPECT_EQ(length % 8, 0U);
}

TEST(Safetensors, KeepsTensorsWithoutElements) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes = some_bytes(8);
  write_safetensors(folder / "a",
                    {{.name = "empty", .dtype = DType::kFloat32, .shape = {0, 3}, .data = {}},
                     {.name = "also", .dtype = DType::kFloat32, .shape = {2}, .data = bytes},
                     {.name = "zero", .dtype = DType::kFloat32, .shape = {0}, .data = {}}},
                    {});
  EXPECT_EQ(SafetensorsFile(folder / "a").tensors().size(), 3U);
  write_safetensors(folder / "b", {}, {});
  EXPECT_TRUE(SafetensorsFile(folder / "b").tensors().empty());
}

TEST(Safetensors, DataOutliveAMove) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes = some_bytes(8);
  write_safetensors(folder / "a", {{.name = "w", .dtype = DType::kFloat32, .shape = {2}, .data = bytes}}, {});
  SafetensorsFile first(folder / "a");
  const SafetensorsFile second = std::move(first);
  EXPECT_TRUE(std::ranges::equal(second.find("w")->data, bytes));
}

TEST(Safetensors, WriterRefusesWrongTensors) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes = some_bytes(8);
  const TensorInfo right{.name = "w", .dtype = DType::kFloat32, .shape = {2}, .data = bytes};
  TensorInfo wrong = right;
  wrong.shape = {3};
  EXPECT_THROW(write_safetensors(folder / "a", {wrong}, {}), std::invalid_argument);
  EXPECT_THROW(write_safetensors(folder / "a", {right, right}, {}), std::invalid_argument);
  EXPECT_EQ(count_entries(folder.path()), 0);
  write_safetensors(folder / "a", {right}, {});
  EXPECT_THROW(write_safetensors(folder / "a", {right}, {}), IoError);
}

TEST(Safetensors, RejectsEveryTruncation) {
  const std::string whole = raw_file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", std::string(8, '\0'));
  for (std::size_t size = 0; size < whole.size(); ++size) safetensors_refusal(whole.substr(0, size));
  EXPECT_TRUE(says(safetensors_refusal(whole.substr(0, whole.size() - 1)),
                   "truncated file: tensor 'a' ends at byte 8 of the data, found 7 bytes"));
  EXPECT_TRUE(says(safetensors_refusal(whole.substr(0, 30)), "truncated header: expected 62 bytes, found 30"));
  EXPECT_TRUE(says(safetensors_refusal(whole + "x"), {"8 bytes", "found 9"}));
}

TEST(Safetensors, RejectsBadHeaders) {
  EXPECT_TRUE(says(safetensors_refusal("PK\x03\x04 and more"), {".safetensors", "ZIP"}));
  EXPECT_TRUE(says(safetensors_refusal(""), "empty"));
  EXPECT_TRUE(says(safetensors_refusal(std::string("\0\0\0\0\1\0\0\0{}", 10)), "100000000"));
  EXPECT_TRUE(says(safetensors_refusal(raw_file("{\"a\": }", "")), "expected JSON: parse error"));
  EXPECT_TRUE(says(safetensors_refusal(raw_file(R"({"a":{},"a":{}})", "")), "the JSON key \"a\" is repeated"));
  EXPECT_TRUE(says(safetensors_refusal(raw_file(R"({"__metadata__":{"rank":3}})", "")), "'rank'"));
  EXPECT_TRUE(says(safetensors_refusal(raw_file(R"({"__metadata__":[]})", "")), "expected __metadata__ to be"));
}

TEST(Safetensors, RejectsBadTensors) {
  EXPECT_TRUE(says(refusal_of_entry("3"), {"'a'", "dtype", "shape", "data_offsets"}));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[2]})"), "data_offsets"));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"C64","shape":[1],"data_offsets":[0,8]})"), "\"C64\""));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
                   "tensor 'a': expected 12 bytes for float32 [3], found 8"));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[9e9],"data_offsets":[0,8]})"), "shape"));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]})"),
                   "too many bytes"));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]})"),
                   "tensor 'a': expected"));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), {"data_offsets", "8, 0"}));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})"), "data_offsets"));
  EXPECT_TRUE(says(refusal_of_entry(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"),
                   "expected its data at offset 0, found 4"));
}

TEST(Safetensors, RejectsDataThatOverlap) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})";
  EXPECT_TRUE(says(safetensors_refusal(raw_file(header, std::string(12, '\0'))), {"'b'", "offset 8"}));
}

}  // namespace
}  // namespace strataform::io
