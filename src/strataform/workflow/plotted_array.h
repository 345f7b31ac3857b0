#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "strataform/data/dataset_info.h"
#include "strataform/workflow/plot_file.h"

namespace strataform::workflow {

/// What one picture shows of an array.
struct PlottedArray {
  PlotKind kind = PlotKind::kMap;
  std::int64_t rows = 0;  ///< cells in depth, or time samples
  std::int64_t columns = 0;
  std::int64_t shot = -1;  ///< of a gather, from 0 on; -1: not known
  std::vector<float> values{};
  std::optional<data::DatasetInfo> dataset{};  ///< of the folder that the file lies in
};

/// One map, section, gather or trace of the file that the options are about. Throws UsageError for an example or a shot
/// that it does not have, InputError for another shape or values that are not finite.
[[nodiscard]] PlottedArray read_plotted(const std::filesystem::path& file, const PlotOptions& options);

}  // namespace strataform::workflow
