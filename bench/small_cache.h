#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "strataform/data/generate.h"
#include "strataform/geology/family.h"

namespace strataform::train {

/// A training cache of a few samples in a folder for temporary files.
inline std::filesystem::path make_small_cache(std::int64_t samples, std::int64_t decimation) {
  data::GenerateOptions options;
  options.families = {&geology::find_family("curvefault-b")};
  options.count = samples;
  options.decimation = decimation;
  options.output = std::filesystem::temp_directory_path() / ("strataform-bench-" + std::to_string(decimation));
  // An earlier run's may have been made by an older generator.
  options.overwrite = Overwrite::kAllow;
  data::generate_dataset(options);
  return options.output;
}

}  // namespace strataform::train
