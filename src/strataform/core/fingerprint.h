#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "strataform/core/hash.h"

namespace strataform {

/// FNV-1a over words of 32 bits (hash.h): tells whether data still are what they were. No protection against anybody
/// who wants them to look so.
class Fingerprint {
 public:
  void add(std::span<const float> values);
  /// Zeros are added to what is no multiple of four bytes.
  void add(std::span<const std::byte> bytes);
  /// Letter by letter, and an end that no text of ASCII or UTF-8 holds, so that "ab" and "c" differ from "a" and "bc".
  void add(std::string_view text);
  /// 16 hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  Fnv1a hash_;
};

}  // namespace strataform
