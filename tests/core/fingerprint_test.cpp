#include "strataform/core/fingerprint.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include "strataform/core/hash.h"

namespace strataform {
namespace {

TEST(Fnv1a, GivesThePublishedValue) {
  Fnv1a hash;
  for (const char letter : {'f', 'o', 'o', 'b', 'a', 'r'}) hash.add(static_cast<unsigned char>(letter));
  EXPECT_EQ(hash.value(), 0x85944171f73967e8ULL);
}

// Worked out by hand from the definition: files hold such fingerprints, so that they may never change.
TEST(Fingerprint, IsThatOfFilesWrittenBefore) {
  const std::array<float, 1> values{1.5F};
  const std::array<std::byte, 5> bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}};
  Fingerprint of_text;
  of_text.add("a");
  EXPECT_EQ(of_text.text(), "089bc907b544c769");
  Fingerprint of_values;
  of_values.add(std::span<const float>(values));
  EXPECT_EQ(of_values.text(), "6f63bdab4141b7df");
  Fingerprint of_bytes;
  of_bytes.add(std::span<const std::byte>(bytes));
  EXPECT_EQ(of_bytes.text(), "9b63137827f935ab");
  EXPECT_EQ(Fingerprint().text(), "cbf29ce484222325");
}

}  // namespace
}  // namespace strataform
