#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/figures/panel.h"
#include "strataform/model/model.h"

namespace strataform::app {

/// A folder for pictures, made where it is missing. Unless the run that draws them succeeds, they are removed again,
/// and the folder with them.
class FigureFolder {
 public:
  /// Throws IoError where the path is no folder and cannot become one.
  explicit FigureFolder(std::filesystem::path path);
  ~FigureFolder();
  FigureFolder(const FigureFolder&) = delete;
  FigureFolder& operator=(const FigureFolder&) = delete;
  FigureFolder(FigureFolder&&) = delete;
  FigureFolder& operator=(FigureFolder&&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  void write(const std::string& name, const std::vector<std::vector<figures::Panel>>& grid,
             const figures::FigureOptions& options, Overwrite overwrite);
  /// The run has succeeded: the pictures stay.
  void keep() { written_.clear(); }

 private:
  std::filesystem::path path_;
  std::vector<std::filesystem::path> written_;
  bool created_ = false;
};

/// Of two maps of the same size.
[[nodiscard]] double mean_absolute_difference(std::span<const float> a, std::span<const float> b);

/// What went into an inversion and what came out of it.
struct InversionResult {
  std::int64_t index = 0;             ///< of the gathers in their source
  std::span<const float> prediction;  ///< [nz, nx] in m/s
  std::span<const float> truth;       ///< [nz, nx] in m/s; empty where it is not known
};

/// One row of panels: the gather of the middle shot, the true map, the prediction with its error, the difference;
/// without a true map the gather and the prediction alone.
[[nodiscard]] std::vector<figures::Panel> inversion_panels(const model::Model& model, const data::GatherSource& source,
                                                           const InversionResult& result);

}  // namespace strataform::app
