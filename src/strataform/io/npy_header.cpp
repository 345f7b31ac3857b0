#include "strataform/io/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "strataform/core/error.h"
#include "strataform/io/file_kind.h"

namespace strataform::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kHeaderAlignment = 64;

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view what) {
  throw InputError(fmt::format("{}: {}", path.string(), what));
}

/// Reads the header's dictionary, a Python literal with the keys 'descr', 'fortran_order' and 'shape'. It is not a
/// general reader of Python: what NumPy would not write is refused.
class DictionaryParser {
 public:
  DictionaryParser(std::string_view text, const std::filesystem::path& path) : text_(text), path_(path) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      parse_entry();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (position_ != text_.size()) fail("something follows the dictionary");
    if (!dtype_ || !order_ || !shape_) fail("expected the keys 'descr', 'fortran_order' and 'shape'");
    return {.dtype = *dtype_, .fortran_order = *order_, .shape = std::move(*shape_), .data_offset = 0};
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    refuse(path_, fmt::format("damaged .npy header: {} (at byte {} of the dictionary)", reason, position_));
  }

  void skip_space() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) ++position_;
  }

  bool accept(char wanted) {
    skip_space();
    if (position_ >= text_.size() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(fmt::format("expected '{}'", wanted));
  }

  bool accept_word(std::string_view word) {
    skip_space();
    if (!text_.substr(position_).starts_with(word)) return false;
    position_ += word.size();
    return true;
  }

  std::string_view parse_string() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t end = text_.find(quote, position_);
    if (end == std::string_view::npos) fail("a string has no end");
    const std::string_view value = text_.substr(position_, end - position_);
    position_ = end + 1;
    return value;
  }

  void parse_entry() {
    const std::string_view key = parse_string();
    expect(':');
    if (key == "descr" && !dtype_) {
      dtype_ = parse_dtype();
    } else if (key == "fortran_order" && !order_) {
      order_ = parse_bool();
    } else if (key == "shape" && !shape_) {
      shape_ = parse_shape();
    } else {
      fail(fmt::format("unexpected or repeated key '{}'", key));
    }
  }

  DType parse_dtype() {
    constexpr std::string_view kExpected = "expected float16, float32, float64 or integer values";
    if (accept('[') || accept('(')) refuse(path_, fmt::format("{}, found a structured type", kExpected));
    const std::string_view name = parse_string();
    if (const std::optional<DType> dtype = dtype_from_npy(name)) return *dtype;
    std::string_view hint;
    if (name.starts_with('>')) hint = " (big-endian: save it with astype('<f4'))";
    if (name.starts_with("|O") || name.starts_with('O')) hint = " (Python objects)";
    refuse(path_, fmt::format("{}, found the type '{}'{}", kExpected, name, hint));
  }

  bool parse_bool() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) fail("expected True or False");
    return false;
  }

  std::vector<std::int64_t> parse_shape() {
    std::vector<std::int64_t> shape;
    expect('(');
    while (!accept(')')) {
      shape.push_back(parse_extent());
      if (accept(',')) continue;
      // Without a comma, (7) is a number in Python and no tuple.
      if (shape.size() == 1) fail("expected ','");
      expect(')');
      break;
    }
    return shape;
  }

  std::int64_t parse_extent() {
    skip_space();
    std::int64_t extent = 0;
    const char* begin = text_.data() + position_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), extent);
    if (error != std::errc() || extent < 0) fail("expected an extent of 0 or more in the shape");
    position_ += static_cast<std::size_t>(end - begin);
    return extent;
  }

  std::string_view text_;
  const std::filesystem::path& path_;
  std::size_t position_ = 0;
  std::optional<DType> dtype_;
  std::optional<bool> order_;
  std::optional<std::vector<std::int64_t>> shape_;
};

/// The text of the dictionary; sets data_offset to its end.
std::string_view find_dictionary(std::span<const std::byte> content, const std::filesystem::path& path,
                                 std::size_t& data_offset) {
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  if (!text.starts_with(kMagic)) refuse(path, "expected a .npy array, found " + describe_content(content));
  constexpr std::size_t kVersionEnd = kMagic.size() + 2;
  const int major = text.size() < kVersionEnd ? 0 : static_cast<unsigned char>(text[kMagic.size()]);
  const int minor = text.size() < kVersionEnd ? 0 : static_cast<unsigned char>(text[kMagic.size() + 1]);
  const std::size_t length_size = major == 1 ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
  const std::size_t begin = kVersionEnd + length_size;
  if (text.size() < begin) {
    refuse(path, fmt::format("truncated .npy header: expected at least {} bytes, found {}", begin, text.size()));
  }
  if (major < 1 || major > 3 || minor != 0) {
    refuse(path, fmt::format("expected version 1.0, 2.0 or 3.0 of the .npy format, found {}.{}", major, minor));
  }
  std::uint32_t length = 0;
  std::memcpy(&length, content.data() + kVersionEnd, length_size);
  if (length > text.size() - begin) {
    refuse(path, fmt::format("truncated .npy header: expected {} bytes, found {}", begin + length, text.size()));
  }
  data_offset = begin + length;
  return text.substr(begin, length);
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> content, const std::filesystem::path& path) {
  std::size_t data_offset = 0;
  const std::string_view dictionary = find_dictionary(content, path, data_offset);
  NpyHeader header = DictionaryParser(dictionary, path).parse();
  header.data_offset = data_offset;
  const std::string array = fmt::format("{} {}", name_of(header.dtype), format_shape(header.shape));
  const std::optional<std::size_t> expected = byte_count(header.dtype, header.shape);
  const std::size_t found = content.size() - data_offset;
  // An item must be countable too, in an array without items.
  std::vector<std::int64_t> item = header.shape;
  std::ranges::replace(item, 0, 1);
  if (!expected || !byte_count(header.dtype, item))
    refuse(path, fmt::format("an array {} is larger than any file", array));
  if (*expected != found) {
    refuse(path, fmt::format("{} file: expected {} bytes of data for {}, found {}",
                             found < *expected ? "truncated" : "oversized", *expected, array, found));
  }
  return header;
}

std::string make_npy_header(DType dtype, std::span<const std::int64_t> shape) {
  if (npy_name(dtype).empty()) throw std::invalid_argument(fmt::format(".npy arrays of {}", name_of(dtype)));
  const std::string bracketed = format_shape(shape);
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", npy_name(dtype),
                  std::string_view(bracketed).substr(1, bracketed.size() - 2), shape.size() == 1 ? "," : "");
  constexpr std::size_t kPrefix = kMagic.size() + 2 + sizeof(std::uint16_t);
  const std::size_t unpadded = kPrefix + dictionary.size() + 1;
  dictionary.append((kHeaderAlignment - unpadded % kHeaderAlignment) % kHeaderAlignment, ' ');
  dictionary += '\n';
  if (dictionary.size() > std::numeric_limits<std::uint16_t>::max()) {
    throw std::invalid_argument(fmt::format("a .npy array with {} axes", shape.size()));
  }
  const auto length = static_cast<std::uint16_t>(dictionary.size());
  std::string header(kMagic);
  header += {'\x01', '\x00'};
  header += {static_cast<char>(length & 0xffU), static_cast<char>(length >> 8U)};
  return header + dictionary;
}

}  // namespace strataform::io
