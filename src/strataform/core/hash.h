#pragma once

#include <cstdint>

namespace strataform {

/// FNV-1a with 64 bits (Fowler, Noll and Vo): of bytes, or of longer words where that is what the data have.
class Fnv1a {
 public:
  constexpr void add(std::uint64_t word) {
    constexpr std::uint64_t kPrime = 0x100000001b3U;
    hash_ = (hash_ ^ word) * kPrime;
  }
  [[nodiscard]] constexpr std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace strataform
