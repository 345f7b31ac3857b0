#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace strataform::field {

/// The keywords of a SEG-2 block and what they say: "SAMPLE_INTERVAL" -> "0.00025".
using Seg2Strings = std::map<std::string, std::string, std::less<>>;

/// bytes: the strings of a block, each behind its length of 2 bytes; a length of 0 or the block's end ends them. A
/// keyword that stands several times keeps its first value.
[[nodiscard]] Seg2Strings read_seg2_strings(std::span<const std::byte> bytes, bool big_endian);

/// What a keyword says, in the strings of the trace or else of the file; empty where neither does.
[[nodiscard]] std::string find_seg2_string(const Seg2Strings& trace, const Seg2Strings& file, std::string_view keyword);

}  // namespace strataform::field
