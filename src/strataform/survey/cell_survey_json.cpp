#include "strataform/survey/cell_survey_json.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "strataform/io/json_field.h"

namespace strataform::survey {
namespace {

std::vector<Point> points_from_json(const nlohmann::json& json, const char* member, const Grid& grid,
                                    const std::string& where) {
  std::vector<Point> points;
  for (const auto& pair : io::json_field<std::vector<std::vector<double>>>(json, member, where)) {
    if (pair.size() != 2) {
      throw InputError(
          fmt::format("{}: \"{}\": expected pairs of row and column, found {} numbers", where, member, pair.size()));
    }
    points.push_back(grid.at(pair[0], pair[1]));
  }
  return points;
}

}  // namespace

Modelling modelling_from_cell_json(const nlohmann::json& json, const std::string& where) {
  Modelling modelling;
  auto& [grid, survey, source, scheme] = modelling;
  grid.spacing = io::json_field<double>(json, "spacing", where);
  survey.samples = io::json_field<std::int64_t>(json, "samples", where);
  scheme.time_step = io::json_field<double>(json, "time_step", where);
  survey.sample_interval = scheme.time_step;
  source.peak_frequency = io::json_field<double>(json, "frequency", where);
  if (json.contains("wavelet")) {
    source.wavelet = io::json_field<std::vector<double>>(json, "wavelet", where);
    source.time_step = scheme.time_step;
  }
  const bool layer = json.contains("pml_cells");
  scheme.absorber = layer ? Absorber::kPml : Absorber::kSponge;
  scheme.absorbing_cells = io::json_field<std::int64_t>(json, layer ? "pml_cells" : "sponge_cells", where);
  // The oldest files, from before there was a choice, have neither.
  if (json.contains("space_order")) scheme.space_order = io::json_field<std::int64_t>(json, "space_order", where);
  if (json.contains("free_surface")) scheme.free_surface = io::json_field<bool>(json, "free_surface", where);
  const std::vector<Point> receivers = points_from_json(json, "receivers", grid, where);
  for (const Point& place : points_from_json(json, "sources", grid, where)) survey.shots.push_back({place, receivers});
  return modelling;
}

}  // namespace strataform::survey
