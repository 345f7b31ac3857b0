#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace strataform {

/// FNV-1a with 64 bits over 32-bit words: tells whether data still are what they were. No protection against anybody
/// who wants them to look so.
class Fingerprint {
 public:
  void add(std::span<const float> values);
  /// Zeros are added to what is no multiple of four bytes.
  void add(std::span<const std::byte> bytes);
  /// 16 hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  void add_word(std::uint32_t word);

  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace strataform
