#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "strataform/field/read_options.h"

namespace strataform::field {

/// The words of a SEG-Y trace header that are read (SEG-Y rev 2.0, table 3), one for each line of header_words.def.
enum class Word {
#define STRATAFORM_HEADER_WORD(kind, name, byte, size) kind,
#include "strataform/field/header_words.def"
#undef STRATAFORM_HEADER_WORD
};

/// Bytes of a trace header without extensions.
inline constexpr std::int64_t kTraceHeaderBytes = 240;

/// Where the words of trace headers lie, and how they are read.
class HeaderWords {
 public:
  /// Throws UsageError for a place of an unknown word or outside of the header.
  HeaderWords(bool big_endian, const std::vector<WordPlace>& places);

  /// header: at least kTraceHeaderBytes.
  [[nodiscard]] std::int64_t read(std::span<const std::byte> header, Word word) const;
  /// "source_x (bytes 73-76)".
  [[nodiscard]] std::string describe(Word word) const;
  [[nodiscard]] bool big_endian() const { return big_endian_; }

 private:
  bool big_endian_;
  std::vector<std::int64_t> bytes_;  ///< of each word, from 1
};

/// A signed number of 2, 4 or 8 bytes.
[[nodiscard]] std::int64_t read_integer(std::span<const std::byte> bytes, bool big_endian);

}  // namespace strataform::field
