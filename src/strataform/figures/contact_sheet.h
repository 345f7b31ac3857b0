#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/panel.h"

namespace strataform::figures {

struct SheetRow {
  std::string label{};                     ///< "CurveFault-B"
  std::vector<std::vector<float>> maps{};  ///< each rows x columns of MapShape, m/s
};

struct SheetOptions {
  std::string title{};
  std::string subtitle{};
  MapShape shape{};
  ColorRange range{Scale::kVelocity, 1500.0, 4500.0, "m/s"};
  double map_width = 72.0;  ///< in units of two pixels; the height follows from the shape
};

/// Writes rows of small maps without axes, one colour bar for all of them, as a PNG.
/// Throws UsageError (no rows or an empty one, an empty range), InputError (a map of another size or with values
/// that are not finite; names the row) and IoError.
void write_contact_sheet(const std::filesystem::path& path, const std::vector<SheetRow>& rows,
                         const SheetOptions& options = {}, Overwrite overwrite = Overwrite::kRefuse);

}  // namespace strataform::figures
