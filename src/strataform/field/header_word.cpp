#include "strataform/field/header_word.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"

namespace strataform::field {
namespace {

struct WordInfo {
  std::string_view name;
  std::int64_t byte;
  std::int64_t size;
};

constexpr std::array kWords = {
#define STRATAFORM_HEADER_WORD(kind, name, byte, size) WordInfo{name, byte, size},
#include "strataform/field/header_words.def"
#undef STRATAFORM_HEADER_WORD
};

std::size_t find_word(const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < kWords.size(); ++k) {
    if (kWords[k].name == name) return k;
    names.emplace_back(kWords[k].name);
  }
  throw UsageError(unknown_name("header word", name, names));
}

}  // namespace

std::int64_t read_integer(std::span<const std::byte> bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    value = (value << 8U) | std::to_integer<std::uint64_t>(bytes[big_endian ? k : bytes.size() - 1 - k]);
  }
  const auto unused = static_cast<unsigned>(8 * (sizeof(value) - bytes.size()));
  return static_cast<std::int64_t>(value << unused) >> unused;
}

HeaderWords::HeaderWords(bool big_endian, const std::vector<WordPlace>& places) : big_endian_(big_endian) {
  for (const WordInfo& word : kWords) bytes_.push_back(word.byte);
  for (const WordPlace& place : places) {
    const std::size_t word = find_word(place.word);
    const std::int64_t last = kTraceHeaderBytes + 1 - kWords[word].size;
    if (place.byte < 1 || place.byte > last) {
      throw UsageError(fmt::format("{}: expected a first byte of 1..{}, found {}", place.word, last, place.byte));
    }
    bytes_[word] = place.byte;
  }
}

std::int64_t HeaderWords::read(std::span<const std::byte> header, Word word) const {
  const auto index = static_cast<std::size_t>(word);
  const auto first = static_cast<std::size_t>(bytes_[index] - 1);
  return read_integer(header.subspan(first, static_cast<std::size_t>(kWords[index].size)), big_endian_);
}

std::string HeaderWords::describe(Word word) const {
  const auto index = static_cast<std::size_t>(word);
  return fmt::format("{} (bytes {}-{})", kWords[index].name, bytes_[index], bytes_[index] + kWords[index].size - 1);
}

}  // namespace strataform::field
