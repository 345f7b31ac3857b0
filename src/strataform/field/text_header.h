#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace strataform::field {

/// What 3200 bytes of text in EBCDIC or ASCII say.
struct TextHeader {
  bool is_text = false;  ///< whether nearly all of it is printable in one of the two
  bool is_ebcdic = false;
  std::vector<std::string>
      lines{};  ///< of 80 characters at most, without blanks at their ends; none where it is no text
};

[[nodiscard]] TextHeader read_text_header(std::span<const std::byte> bytes);

}  // namespace strataform::field
