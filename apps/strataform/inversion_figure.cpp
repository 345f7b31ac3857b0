#include "inversion_figure.h"

#include <fmt/format.h>

#include <cmath>
#include <system_error>

#include "strataform/core/error.h"
#include "strataform/data/json_field.h"

namespace strataform::app {
namespace fs = std::filesystem;
namespace {

/// The cell size that the model was trained with; OpenFWI's where its file does not say.
double spacing_of(const model::Model& model) {
  if (!model.acquisition.contains("spacing")) return wave::Acquisition{}.spacing;
  return data::json_field<double>(model.acquisition, "spacing", "the model's acquisition");
}

}  // namespace

double mean_absolute_difference(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t cell = 0; cell < a.size(); ++cell) sum += std::abs(a[cell] - b[cell]);
  return sum / static_cast<double>(a.size());
}

FigureFolder::FigureFolder(fs::path path) : path_(std::move(path)) {
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
                         const figures::FigureOptions& options, Overwrite overwrite) {
  figures::write_panels(path_ / name, grid, options, overwrite);
  written_.push_back(path_ / name);
}

std::vector<figures::Panel> inversion_panels(const model::Model& model, const data::GatherSource& source,
                                             const InversionResult& result) {
  const data::GatherShape shape = source.gather_shape();
  std::vector<float> gathers(static_cast<std::size_t>(shape.size()));
  source.read_gathers(result.index, gathers);
  const std::int64_t shot = model.input.shots / 2;
  const auto shot_size = static_cast<std::size_t>(shape.samples * shape.receivers);
  const auto gather = std::span<const float>(gathers).subspan(static_cast<std::size_t>(shot) * shot_size, shot_size);

  const double spacing = spacing_of(model);
  const nn::BackboneShape& output = model.shape();
  const figures::MapShape map{static_cast<int>(output.nz), static_cast<int>(output.nx), spacing};
  const figures::GatherShape traces{static_cast<int>(shape.samples), static_cast<int>(shape.receivers),
                                    model.input.time_step * static_cast<double>(shape.decimation), spacing};

  std::vector<figures::Panel> panels;
  panels.push_back(figures::gather_panel(gather, traces, fmt::format("Gather, shot {}", shot + 1)));
  if (!result.truth.empty()) panels.push_back(figures::velocity_panel(result.truth, map, "True velocity"));
  panels.push_back(figures::velocity_panel(result.prediction, map, "Prediction"));
  if (!result.truth.empty()) {
    panels.back().caption = fmt::format("MAE {:.0f} m/s", mean_absolute_difference(result.prediction, result.truth));
    panels.push_back(figures::difference_panel(result.prediction, result.truth, map, "Difference"));
  }
  return panels;
}

}  // namespace strataform::app
