#include "strataform/workflow/figure_folder.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "strataform/core/error.h"

namespace strataform::workflow {
namespace fs = std::filesystem;

FigureFolder::FigureFolder(fs::path path, Overwrite overwrite) : path_(std::move(path)), overwrite_(overwrite) {
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
  figures::write_panels(path_ / name, grid, options, overwrite_);
  written_.push_back(path_ / name);
}

void FigureFolder::write(const std::string& name, const figures::Series& series,
                         const figures::LineChartOptions& options) {
  figures::write_line_chart(path_ / name, {series}, options, overwrite_);
  written_.push_back(path_ / name);
}

}  // namespace strataform::workflow
