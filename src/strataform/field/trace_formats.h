#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "strataform/field/trace_file.h"

namespace strataform::field {

/// A format of files that hold traces.
struct TraceFormat {
  /// The endings of its files' names, ".segy". They decide where the content does not.
  std::vector<std::string_view> endings{};
  /// Whether a file has this format, judged by its content. Throws IoError where it cannot be read.
  bool (*knows)(const std::filesystem::path& path) = nullptr;
  std::unique_ptr<TraceFile> (*open)(const std::filesystem::path& path, const ReadOptions& options) = nullptr;
};

// Declares every function that trace_formats.def names, for the registry and for the files that define them.
#define STRATAFORM_TRACE_FORMAT(factory) TraceFormat factory();
#include "strataform/field/trace_formats.def"
#undef STRATAFORM_TRACE_FORMAT

/// Whether open_trace_file() would read it: a file in one of the formats, or a folder of such files.
[[nodiscard]] bool is_trace_file(const std::filesystem::path& path);

}  // namespace strataform::field
