#include "strataform/io/event_log.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "io/error_of.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::io {
namespace {

using test::TemporaryFolder;

std::uint32_t crc_of(std::string_view text) { return crc32c(std::as_bytes(std::span(text))); }

template <typename Value>
Value value_at(std::string_view bytes, std::size_t offset) {
  Value value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

// The payloads of a TFRecord file: length, masked checksum of the length, payload, masked checksum of the payload.
std::vector<std::string> read_records(const std::filesystem::path& path) {
  const auto mask = [](std::uint32_t crc) { return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U; };
  std::string text = read_text_file(path);
  std::vector<std::string> records;
  for (std::string_view rest = text; !rest.empty();) {
    const auto length = value_at<std::uint64_t>(rest, 0);
    EXPECT_EQ(value_at<std::uint32_t>(rest, 8), mask(crc_of(rest.substr(0, 8))));
    records.emplace_back(rest.substr(12, length));
    EXPECT_EQ(value_at<std::uint32_t>(rest, 12 + length), mask(crc_of(records.back())));
    rest.remove_prefix(16 + length);
  }
  return records;
}

TEST(EventLog, Crc32cHasItsPublishedValues) {
  EXPECT_EQ(crc_of("123456789"), 0xe3069283U);
  EXPECT_EQ(crc_of(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc_of(""), 0U);
}

TEST(EventLog, BeginsWithTheFileVersion) {
  const TemporaryFolder folder;
  const ScalarEventWriter writer(folder / "runs/events");
  const std::vector<std::string> records = read_records(writer.path());
  ASSERT_EQ(records.size(), 1U);
  // Field 1, a double: the wall time. Field 3, a string.
  EXPECT_EQ(records[0][0], '\x09');
  EXPECT_GT(value_at<double>(records[0], 1), 1.7e9);
  EXPECT_EQ(records[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");
}

TEST(EventLog, EncodesAScalar) {
  const TemporaryFolder folder;
  ScalarEventWriter writer(folder.path());
  writer.add("loss", 0.5F, 300);
  writer.flush();
  const std::vector<std::string> records = read_records(writer.path());
  ASSERT_EQ(records.size(), 2U);
  const std::string expected = std::string("\x10\xac\x02", 3) +         // step, field 2: 300 as a varint
                               std::string("\x2a\x0d", 2) +             // summary, field 5, 13 bytes
                               std::string("\x0a\x0b", 2) +             // value, field 1, 11 bytes
                               std::string("\x0a\x04", 2) + "loss" +    // tag, field 1, 4 bytes
                               std::string("\x15\x00\x00\x00\x3f", 5);  // simple_value, field 2: 0.5
  EXPECT_EQ(records[1].substr(9), expected);
}

/// Three steps, each of two scalars.
std::filesystem::path write_three_steps(const std::filesystem::path& folder) {
  ScalarEventWriter writer(folder);
  for (const std::int64_t step : {100, 200, 300}) {
    writer.add("loss", 0.5F, step);
    writer.add("rate", 0.1F, step);
  }
  writer.flush();
  return writer.path();
}

TEST(EventLog, IsCutAfterAStep) {
  for (const auto& [last_step, records] : {std::pair(300, 7U), {299, 5U}, {200, 5U}, {100, 3U}, {0, 1U}, {-1, 1U}}) {
    const TemporaryFolder folder;
    const std::filesystem::path path = write_three_steps(folder.path());
    cut_scalar_events(folder.path(), last_step);
    EXPECT_EQ(read_records(path).size(), records) << last_step;
  }
}

TEST(EventLog, IsCutWhereARecordIsNotWhole) {
  const TemporaryFolder folder;
  for (const std::uintmax_t missing : {1U, 8U, 20U}) {
    const std::filesystem::path path = write_three_steps(folder / std::to_string(missing));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - missing);
    cut_scalar_events(path.parent_path(), 300);
    EXPECT_EQ(read_records(path).size(), 6U) << missing;
  }
}

TEST(EventLog, LeavesTheFilesOfOthersAlone) {
  const TemporaryFolder folder;
  write_text_file(folder / "events.out.tfevents.1.elsewhere", "not ours");
  cut_scalar_events(folder.path(), 0);
  EXPECT_EQ(read_text_file(folder / "events.out.tfevents.1.elsewhere"), "not ours");
}

TEST(EventLog, NamesAFolderThatCannotBeMade) {
  const TemporaryFolder folder;
  write_text_file(folder / "events", "a file");
  const std::string message = test::error_of<IoError>([&] { ScalarEventWriter(folder / "events"); });
  EXPECT_TRUE(test::says(message, "events"));
}

}  // namespace
}  // namespace strataform::io
