#include "strataform/figures/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "strataform/core/error.h"

namespace strataform::figures {

Format format_of(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char letter) { return std::tolower(letter); });
  if (ending == ".png") return Format::kPng;
  if (ending == ".svg") return Format::kSvg;
  if (ending == ".pdf") return Format::kPdf;
  throw UsageError(fmt::format("{}: expected a picture's name, which ends in .png, .svg or .pdf", path.string()));
}

void check_picture_path(const std::filesystem::path& path, Overwrite overwrite) {
  (void)format_of(path);
  check_output_path(path, overwrite);
}

}  // namespace strataform::figures
