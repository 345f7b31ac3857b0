#pragma once

#include <filesystem>
#include <string>

#include "strataform/core/context.h"

namespace strataform::workflow {

/// What a file or folder is, for people, in several lines: type, shape, range, mean and non-finite values of an array;
/// backbone, parameters, input, survey and training of a model; method and base of an adapter; families and shapes of
/// a dataset; the content of a JSON file. Throws IoError, InputError for anything else, InterruptedError when it is
/// asked to stop.
[[nodiscard]] std::string describe_file(const std::filesystem::path& path, const Context& context = {});

}  // namespace strataform::workflow
