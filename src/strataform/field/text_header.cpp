#include "strataform/field/text_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace strataform::field {
namespace {

constexpr std::size_t kColumns = 80;

// clang-format off
/// The ASCII character of each EBCDIC code (code page 37); 0 for those that ASCII has no printable character for.
constexpr std::array<std::uint8_t, 256> kFromEbcdic = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 46, 60, 40, 43, 124,
    38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 33, 36, 42, 41, 59, 0,
    45, 47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 44, 37, 95, 62, 63,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 96, 58, 35, 64, 39, 61, 34,
    0, 97, 98, 99, 100, 101, 102, 103, 104, 105, 0, 0, 0, 0, 0, 0,
    0, 106, 107, 108, 109, 110, 111, 112, 113, 114, 0, 0, 0, 0, 0, 0,
    0, 126, 115, 116, 117, 118, 119, 120, 121, 122, 0, 0, 0, 0, 0, 0,
    94, 0, 0, 0, 0, 0, 0, 0, 0, 0, 91, 93, 0, 0, 0, 0,
    123, 65, 66, 67, 68, 69, 70, 71, 72, 73, 0, 0, 0, 0, 0, 0,
    125, 74, 75, 76, 77, 78, 79, 80, 81, 82, 0, 0, 0, 0, 0, 0,
    92, 0, 83, 84, 85, 86, 87, 88, 89, 90, 0, 0, 0, 0, 0, 0,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 0, 0, 0, 0, 0, 0,
};
// clang-format on

char printable(std::byte byte, bool is_ebcdic) {
  const auto code = std::to_integer<std::uint8_t>(byte);
  const std::uint8_t character = is_ebcdic ? kFromEbcdic[code] : code;
  return character >= 0x20 && character < 0x7f ? static_cast<char>(character) : '\0';
}

/// Zeros and line ends pass for blanks.
bool is_blank(std::byte byte) { return byte == std::byte{0} || byte == std::byte{'\n'} || byte == std::byte{'\r'}; }

std::int64_t count_printable(std::span<const std::byte> bytes, bool is_ebcdic) {
  return std::ranges::count_if(bytes,
                               [&](std::byte byte) { return is_blank(byte) || printable(byte, is_ebcdic) != '\0'; });
}

}  // namespace

TextHeader read_text_header(std::span<const std::byte> bytes) {
  TextHeader header;
  const std::int64_t ascii = count_printable(bytes, false), ebcdic = count_printable(bytes, true);
  header.is_ebcdic = ebcdic > ascii;
  constexpr double kShare = 0.95;
  header.is_text = static_cast<double>(std::max(ascii, ebcdic)) >= kShare * static_cast<double>(bytes.size());
  if (!header.is_text) return header;
  for (std::size_t first = 0; first < bytes.size(); first += kColumns) {
    std::string line;
    for (const std::byte byte : bytes.subspan(first, std::min(kColumns, bytes.size() - first))) {
      const char character = printable(byte, header.is_ebcdic);
      line += character == '\0' ? ' ' : character;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    header.lines.push_back(std::move(line));
  }
  return header;
}

}  // namespace strataform::field
