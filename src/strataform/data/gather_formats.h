#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "strataform/data/gather_source.h"

namespace strataform::data {

/// A format of files that hold gathers.
struct GatherFormat {
  /// Whether a file has this format, judged by its content. Throws IoError where it cannot be read.
  bool (*knows)(const std::filesystem::path& path) = nullptr;
  /// Throws IoError, and InputError for a file that is damaged or holds something else.
  std::unique_ptr<GatherSource> (*open)(const std::filesystem::path& path) = nullptr;
};

// Declares every function that gather_formats.def names, for the registry and for the files that define them.
#define STRATAFORM_GATHER_FORMAT(factory) GatherFormat factory();
#include "strataform/data/gather_formats.def"
#undef STRATAFORM_GATHER_FORMAT

/// The same as open_gathers(path), which also knows formats of folders that this one does not link, field's for one:
/// they are asked first.
std::unique_ptr<GatherSource> open_gathers(const std::filesystem::path& path, std::span<const GatherFormat> others);

}  // namespace strataform::data
