#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "strataform/core/context.h"

namespace strataform::workflow {

/// What `info` says of a SEG-Y, SU or SEG-2 file or a folder of them; nothing for any other, and in a build without
/// STRATAFORM_WITH_SEGY. Throws what field::report_traces() throws.
[[nodiscard]] std::optional<std::string> describe_field_file(const std::filesystem::path& path, const Context& context);

}  // namespace strataform::workflow
