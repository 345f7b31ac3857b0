#include "strataform/data/gather_formats.h"

#include <algorithm>
#include <array>

namespace strataform::data {

std::unique_ptr<GatherSource> open_gathers(const std::filesystem::path& path) {
#define STRATAFORM_GATHER_FORMAT(factory) factory(),
  static const std::array formats = {
#include "strataform/data/gather_formats.def"
  };
#undef STRATAFORM_GATHER_FORMAT
  const auto known = std::ranges::find_if(formats, [&](const GatherFormat& format) { return format.knows(path); });
  return (known == formats.end() ? formats.back() : *known).open(path);
}

std::unique_ptr<GatherSource> open_gathers(const std::filesystem::path& path, std::span<const GatherFormat> others) {
  const auto known = std::ranges::find_if(others, [&](const GatherFormat& format) { return format.knows(path); });
  return known == others.end() ? open_gathers(path) : known->open(path);
}

}  // namespace strataform::data
