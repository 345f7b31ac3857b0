#pragma once

#include <filesystem>

#include "strataform/core/atomic_file.h"

// As what a picture is written.
namespace strataform::figures {

enum class Format { kPng, kSvg, kPdf };
/// By the ending of the file's name: .png, .svg or .pdf, in small letters or capitals. Throws UsageError for another.
[[nodiscard]] Format format_of(const std::filesystem::path& path);
/// What commands call before they compute. Throws UsageError as format_of() does, IoError as check_output_path() does.
void check_picture_path(const std::filesystem::path& path, Overwrite overwrite);

/// Pixels per unit of length: PNG is drawn for screens of double density, images within SVG and PDF for print (a unit
/// is a point there).
[[nodiscard]] constexpr int pixels_per_unit(Format format) { return format == Format::kPng ? 2 : 4; }

}  // namespace strataform::figures
