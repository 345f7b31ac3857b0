#include "strataform/field/seg2_strings.h"

#include "strataform/field/header_word.h"

namespace strataform::field {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

}  // namespace

Seg2Strings read_seg2_strings(std::span<const std::byte> bytes, bool big_endian) {
  constexpr std::size_t kLengthBytes = 2;
  Seg2Strings strings;
  while (bytes.size() > kLengthBytes) {
    const auto length = static_cast<std::size_t>(read_integer(bytes.first(kLengthBytes), big_endian) & 0xffff);
    if (length <= kLengthBytes || length > bytes.size()) break;
    std::string text;
    for (const std::byte byte : bytes.subspan(kLengthBytes, length - kLengthBytes)) {
      const auto code = std::to_integer<unsigned char>(byte);
      if (code == 0) break;
      text += code >= 0x20 && code < 0x7f ? static_cast<char>(code) : ' ';
    }
    const std::string_view line = trimmed(text);
    const std::size_t space = line.find(' ');
    strings.emplace(line.substr(0, space), space == std::string_view::npos ? "" : trimmed(line.substr(space)));
    bytes = bytes.subspan(length);
  }
  return strings;
}

std::string find_seg2_string(const Seg2Strings& trace, const Seg2Strings& file, std::string_view keyword) {
  for (const Seg2Strings* strings : {&trace, &file}) {
    if (const auto found = strings->find(keyword); found != strings->end()) return found->second;
  }
  return {};
}

}  // namespace strataform::field
