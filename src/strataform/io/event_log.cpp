#include "strataform/io/event_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <system_error>

#include "strataform/core/atomic_file.h"
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

/// In the names of the files, after the time.
constexpr std::string_view kMaker = ".strataform.";

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

constexpr std::uint32_t kWallTime = 1;
constexpr std::uint32_t kStep = 2;  // numbers of fields of Event

std::string begin_event() { return key(kWallTime, kFixed64) + little_endian(wall_time()); }

std::filesystem::path make_file_path(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw IoError(fmt::format("{}: the folder cannot be created: {}", folder.string(), error.message()));
  // TensorBoard looks for "tfevents" and reads the files in the order of their names, hence the time.
  return folder / fmt::format("events.out.tfevents.{}{}{}", static_cast<std::int64_t>(wall_time()), kMaker, ::getpid());
}

/// Reads the records of a file that write_record() has made, until one of them is not whole.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : bytes_(bytes) {}

  /// The next event, or nothing where no whole one follows.
  std::optional<std::string_view> next() {
    constexpr std::size_t kHead = sizeof(std::uint64_t) + sizeof(std::uint32_t);
    constexpr std::size_t kTail = sizeof(std::uint32_t);
    const std::string_view rest = bytes_.substr(position_);
    if (rest.size() < kHead + kTail) return std::nullopt;
    std::uint64_t length = 0;
    std::memcpy(&length, rest.data(), sizeof(length));
    if (length > rest.size() - kHead - kTail) return std::nullopt;
    const std::string_view event = rest.substr(kHead, length);
    if (rest.substr(kHead + length, kTail) != little_endian(masked_crc32c(event))) return std::nullopt;
    position_ += kHead + length + kTail;
    return event;
  }

  /// Where the next record begins.
  [[nodiscard]] std::size_t position() const { return position_; }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

/// Of an event that add() has written; nothing for the file's version, which has no step.
std::optional<std::int64_t> step_of(std::string_view event) {
  const std::string step_key = key(kStep, kVarint);
  const std::size_t begin = key(kWallTime, kFixed64).size() + sizeof(double);
  if (event.size() < begin || !event.substr(begin).starts_with(step_key)) return std::nullopt;
  std::uint64_t step = 0;
  unsigned shift = 0;
  for (const char byte : event.substr(begin + step_key.size())) {
    const auto bits = static_cast<std::uint8_t>(byte);
    step |= static_cast<std::uint64_t>(bits & 0x7fU) << shift;
    shift += 7U;
    if ((bits & 0x80U) == 0 || shift > 63U) break;
  }
  return static_cast<std::int64_t>(step);
}

/// Bytes of a file's whole records up to the first of a later step.
std::size_t bytes_until(std::int64_t last_step, std::string_view file) {
  RecordReader reader(file);
  std::size_t end = 0;
  while (const std::optional<std::string_view> event = reader.next()) {
    if (step_of(*event).value_or(last_step) > last_step) break;
    end = reader.position();
  }
  return end;
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

void cut_scalar_events(const std::filesystem::path& folder, std::int64_t last_step) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("events.out.tfevents.") || name.find(kMaker) == std::string::npos) continue;
    const std::size_t kept = bytes_until(last_step, read_text_file(entry.path()));
    if (kept < entry.file_size()) std::filesystem::resize_file(entry.path(), kept);
  }
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
