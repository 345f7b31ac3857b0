#include "strataform/io/event_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "strataform/core/error.h"

namespace strataform::io {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  constexpr std::uint32_t kReversedPolynomial = 0x82f63b78U;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? kReversedPolynomial : 0U);
    }
    table[byte] = remainder;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

/// TFRecord stores checksums rotated and shifted, since the checksum of data that hold checksums is weak.
std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(std::as_bytes(std::span(bytes))), 15) + 0xa282ead8U;
}

template <typename Value>
std::string little_endian(Value value) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80U; value >>= 7U) bytes += static_cast<char>((value & 0x7fU) | 0x80U);
  return bytes + static_cast<char>(value);
}

std::string key(std::uint32_t field, WireType type) { return varint((field << 3U) | type); }

std::string delimited(std::uint32_t field, std::string_view content) {
  return (key(field, kLengthDelimited) + varint(content.size())).append(content);
}

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Event.wall_time is field 1.
std::string begin_event() { return key(1, kFixed64) + little_endian(wall_time()); }

std::filesystem::path make_file_path(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw IoError(fmt::format("{}: the folder cannot be created: {}", folder.string(), error.message()));
  // TensorBoard looks for "tfevents" and reads the files in the order of their names, hence the time.
  return folder /
         fmt::format("events.out.tfevents.{}.strataform.{}", static_cast<std::int64_t>(wall_time()), ::getpid());
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  std::uint32_t remainder = 0xffffffffU;
  for (const std::byte byte : bytes) {
    remainder = (remainder >> 8U) ^ kCrcTable[(remainder ^ std::to_integer<std::uint32_t>(byte)) & 0xffU];
  }
  return ~remainder;
}

ScalarEventWriter::ScalarEventWriter(const std::filesystem::path& folder)
    : path_(make_file_path(folder)), stream_(path_, std::ios::app | std::ios::binary) {
  require_good();
  constexpr std::uint32_t kFileVersion = 3;
  write_record(begin_event() + delimited(kFileVersion, "brain.Event:2"));
  flush();
}

void ScalarEventWriter::add(std::string_view tag, float value, std::int64_t step) {
  constexpr std::uint32_t kStep = 2;
  constexpr std::uint32_t kSummary = 5;
  constexpr std::uint32_t kSummaryValue = 1;
  constexpr std::uint32_t kTag = 1;
  constexpr std::uint32_t kSimpleValue = 2;
  const std::string scalar = delimited(kTag, tag) + key(kSimpleValue, kFixed32) + little_endian(value);
  write_record(begin_event() + key(kStep, kVarint) + varint(static_cast<std::uint64_t>(step)) +
               delimited(kSummary, delimited(kSummaryValue, scalar)));
}

void ScalarEventWriter::flush() {
  stream_.flush();
  require_good();
}

void ScalarEventWriter::write_record(const std::string& event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  stream_ << length << little_endian(masked_crc32c(length)) << event << little_endian(masked_crc32c(event));
  require_good();
}

void ScalarEventWriter::require_good() const {
  if (!stream_) throw IoError(fmt::format("{}: cannot be written: {}", path_.string(), std::strerror(errno)));
}

}  // namespace strataform::io
