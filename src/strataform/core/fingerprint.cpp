#include "strataform/core/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace strataform {

void Fingerprint::add_word(std::uint32_t word) {
  constexpr std::uint64_t kPrime = 0x100000001b3U;
  hash_ = (hash_ ^ word) * kPrime;
}

void Fingerprint::add(std::span<const float> values) {
  for (const float value : values) add_word(std::bit_cast<std::uint32_t>(value));
}

void Fingerprint::add(std::span<const std::byte> bytes) {
  for (std::size_t first = 0; first < bytes.size(); first += sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + first, std::min(sizeof word, bytes.size() - first));
    add_word(word);
  }
}

std::string Fingerprint::text() const { return fmt::format("{:016x}", hash_); }

}  // namespace strataform
