#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/panel.h"

namespace strataform::workflow {

/// Throws UsageError for another format than png, svg or pdf.
void check_figure_format(const std::string& format);

/// A folder for pictures, made where it is missing. Unless the run that draws them succeeds, they are removed again,
/// and the folder with them.
class FigureFolder {
 public:
  /// format: png, svg or pdf, of all pictures. Throws UsageError for another, IoError where the path is no folder and
  /// cannot become one.
  FigureFolder(std::filesystem::path path, const std::string& format, Overwrite overwrite);
  ~FigureFolder();
  FigureFolder(const FigureFolder&) = delete;
  FigureFolder& operator=(const FigureFolder&) = delete;
  FigureFolder(FigureFolder&&) = delete;
  FigureFolder& operator=(FigureFolder&&) = delete;

  /// Throws IoError where a picture of this name, which has no ending, could not be written.
  void check(const std::string& name) const { check_output_path(file_of(name), overwrite_); }
  void write(const std::string& name, const std::vector<std::vector<figures::Panel>>& grid,
             const figures::FigureOptions& options);
  void write(const std::string& name, const std::vector<figures::Series>& series,
             const figures::LineChartOptions& options);
  /// The run has succeeded: the pictures stay.
  void keep() { written_.clear(); }

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& name) const { return path_ / (name + ending_); }

  std::filesystem::path path_;
  std::string ending_;
  Overwrite overwrite_;
  std::vector<std::filesystem::path> written_;
  bool created_ = false;
};

}  // namespace strataform::workflow
