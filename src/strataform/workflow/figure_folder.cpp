#include "strataform/workflow/figure_folder.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"

namespace strataform::workflow {
namespace fs = std::filesystem;

void check_figure_format(const std::string& format) {
  constexpr Choice<figures::Format> kFormats[] = {
      {"png", figures::Format::kPng}, {"svg", figures::Format::kSvg}, {"pdf", figures::Format::kPdf}};
  (void)choose(kFormats, "figure_format", format);
}

FigureFolder::FigureFolder(fs::path path, const std::string& format, Overwrite overwrite)
    : path_(std::move(path)), ending_("." + format), overwrite_(overwrite) {
  check_figure_format(format);
  std::error_code error;
  created_ = fs::create_directory(path_, error);
  if (!fs::is_directory(path_)) {
    throw IoError(fmt::format("{}: expected a folder for the figures: {}", path_.string(),
                              error ? error.message() : "found a file"));
  }
}

FigureFolder::~FigureFolder() {
  std::error_code ignored;
  for (const fs::path& picture : written_) fs::remove(picture, ignored);
  // remove() keeps a folder that has something in it.
  if (created_) fs::remove(path_, ignored);
}

void FigureFolder::write(const std::string& name, const std::vector<std::vector<figures::Panel>>& grid,
                         const figures::FigureOptions& options) {
  figures::write_panels(file_of(name), grid, options, overwrite_);
  written_.push_back(file_of(name));
}

void FigureFolder::write(const std::string& name, const std::vector<figures::Series>& series,
                         const figures::LineChartOptions& options) {
  figures::write_line_chart(file_of(name), series, options, overwrite_);
  written_.push_back(file_of(name));
}

}  // namespace strataform::workflow
