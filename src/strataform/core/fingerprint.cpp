#include "strataform/core/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace strataform {

void Fingerprint::add(std::span<const float> values) {
  for (const float value : values) hash_.add(std::bit_cast<std::uint32_t>(value));
}

void Fingerprint::add(std::span<const std::byte> bytes) {
  for (std::size_t first = 0; first < bytes.size(); first += sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + first, std::min(sizeof word, bytes.size() - first));
    hash_.add(word);
  }
}

void Fingerprint::add(std::string_view text) {
  for (const char letter : text) hash_.add(static_cast<unsigned char>(letter));
  hash_.add(0xffU);
}

std::string Fingerprint::text() const { return fmt::format("{:016x}", hash_.value()); }

}  // namespace strataform
