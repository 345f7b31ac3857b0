#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/panel.h"

namespace strataform::workflow {

/// A folder for pictures, made where it is missing. Unless the run that draws them succeeds, they are removed again,
/// and the folder with them.
class FigureFolder {
 public:
  /// Throws IoError where the path is no folder and cannot become one.
  FigureFolder(std::filesystem::path path, Overwrite overwrite);
  ~FigureFolder();
  FigureFolder(const FigureFolder&) = delete;
  FigureFolder& operator=(const FigureFolder&) = delete;
  FigureFolder(FigureFolder&&) = delete;
  FigureFolder& operator=(FigureFolder&&) = delete;

  /// Throws IoError where a picture of this name could not be written.
  void check(const std::string& name) const { check_output_path(path_ / name, overwrite_); }
  void write(const std::string& name, const std::vector<std::vector<figures::Panel>>& grid,
             const figures::FigureOptions& options);
  void write(const std::string& name, const figures::Series& series, const figures::LineChartOptions& options);
  /// The run has succeeded: the pictures stay.
  void keep() { written_.clear(); }

 private:
  std::filesystem::path path_;
  Overwrite overwrite_;
  std::vector<std::filesystem::path> written_;
  bool created_ = false;
};

}  // namespace strataform::workflow
