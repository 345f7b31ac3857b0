#pragma once

#include <filesystem>
#include <optional>
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
  std::optional<ColorRange> range{};  ///< none: from the smallest velocity of all maps to the largest
  double map_width = 72.0;            ///< in points; the height follows from the shape
};

/// Draws rows of small maps without axes, one colour bar for all of them.
/// Throws UsageError (no rows or an empty one, an empty range) and InputError (a map of another size or with values
/// that are not finite; names the row).
[[nodiscard]] Canvas draw_contact_sheet(const std::vector<SheetRow>& rows, const SheetOptions& options = {},
                                        Format format = Format::kPng);

/// The same as a PNG, SVG or PDF file by its name. Throws UsageError for another name, and IoError.
void write_contact_sheet(const std::filesystem::path& path, const std::vector<SheetRow>& rows,
                         const SheetOptions& options = {}, Overwrite overwrite = Overwrite::kRefuse);

}  // namespace strataform::figures
