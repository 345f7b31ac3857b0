#include "strataform/survey/modelling_json.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "strataform/core/choice.h"
#include "strataform/core/nearest.h"
#include "strataform/io/json_field.h"

namespace strataform::survey {
namespace {

nlohmann::json to_json(const Point& point) { return {point.x, point.z}; }

nlohmann::json to_json(const std::vector<Point>& points) {
  nlohmann::json json = nlohmann::json::array();
  for (const Point& point : points) json.push_back(to_json(point));
  return json;
}

nlohmann::json to_json(const Grid& grid) {
  return {{"nz", grid.nz}, {"nx", grid.nx}, {"spacing", grid.spacing}, {"origin", to_json(grid.origin)}};
}

nlohmann::json to_json(const Survey& survey) {
  const bool shared = has_common_receivers(survey) && !survey.shots.empty();
  nlohmann::json shots = nlohmann::json::array();
  for (const Shot& shot : survey.shots) {
    nlohmann::json& json = shots.emplace_back(nlohmann::json{{"source", to_json(shot.source)}});
    if (!shared) json["receivers"] = to_json(shot.receivers);
  }
  nlohmann::json json = {
      {"samples", survey.samples}, {"sample_interval", survey.sample_interval}, {"shots", std::move(shots)}};
  if (shared) json["receivers"] = to_json(survey.shots.front().receivers);
  return json;
}

nlohmann::json to_json(const Source& source) {
  nlohmann::json json = {
      {"peak_frequency", source.peak_frequency}, {"amplitude", source.amplitude}, {"delay", source.delay}};
  if (!source.wavelet.empty()) {
    json["wavelet"] = source.wavelet;
    json["time_step"] = source.time_step;
  }
  return json;
}

nlohmann::json to_json(const Scheme& scheme) {
  nlohmann::json json = {{"time_step", scheme.time_step},
                         {"space_order", scheme.space_order},
                         {"absorber", name_of(kAbsorbers, scheme.absorber)},
                         {"absorbing_cells", scheme.absorbing_cells},
                         {"free_surface", scheme.free_surface}};
  if (std::isfinite(scheme.aperture)) json["aperture"] = scheme.aperture;
  if (scheme.sponge_velocity > 0.0) json["sponge_velocity"] = scheme.sponge_velocity;
  return json;
}

Point point_from(const std::vector<double>& pair, const char* member, const std::string& where) {
  if (pair.size() == 2) return {pair[0], pair[1]};
  throw InputError(fmt::format("{}: \"{}\": expected x and z, found {} numbers", where, member, pair.size()));
}

Point point_from_json(const nlohmann::json& json, const char* member, const std::string& where) {
  return point_from(io::json_field<std::vector<double>>(json, member, where), member, where);
}

std::vector<Point> points_from_json(const nlohmann::json& json, const char* member, const std::string& where) {
  std::vector<Point> points;
  for (const auto& pair : io::json_field<std::vector<std::vector<double>>>(json, member, where)) {
    points.push_back(point_from(pair, member, where));
  }
  return points;
}

Grid grid_from_json(const nlohmann::json& json, const std::string& where) {
  Grid grid;
  grid.nz = io::json_field<std::int64_t>(json, "nz", where);
  grid.nx = io::json_field<std::int64_t>(json, "nx", where);
  grid.spacing = io::json_field<double>(json, "spacing", where);
  grid.origin = point_from_json(json, "origin", where);
  return grid;
}

Survey survey_from_json(const nlohmann::json& json, const std::string& where) {
  Survey survey;
  survey.samples = io::json_field<std::int64_t>(json, "samples", where);
  survey.sample_interval = io::json_field<double>(json, "sample_interval", where);
  std::vector<Point> shared;
  if (json.contains("receivers")) shared = points_from_json(json, "receivers", where);
  for (const auto& shot : io::json_field<std::vector<nlohmann::json>>(json, "shots", where)) {
    const Point source = point_from_json(shot, "source", where);
    survey.shots.push_back({source, shot.contains("receivers") ? points_from_json(shot, "receivers", where) : shared});
  }
  return survey;
}

Source source_from_json(const nlohmann::json& json, const std::string& where) {
  Source source;
  source.peak_frequency = io::json_field<double>(json, "peak_frequency", where);
  source.amplitude = io::json_field<double>(json, "amplitude", where);
  source.delay = io::json_field<double>(json, "delay", where);
  if (json.contains("wavelet")) {
    source.wavelet = io::json_field<std::vector<double>>(json, "wavelet", where);
    source.time_step = io::json_field<double>(json, "time_step", where);
  }
  return source;
}

Scheme scheme_from_json(const nlohmann::json& json, const std::string& where) {
  Scheme scheme;
  scheme.time_step = io::json_field<double>(json, "time_step", where);
  scheme.space_order = io::json_field<std::int64_t>(json, "space_order", where);
  const auto name = io::json_field<std::string>(json, "absorber", where);
  const std::optional<Absorber> absorber = find_choice(kAbsorbers, name);
  if (!absorber) {
    throw InputError(fmt::format("{}: \"absorber\": {}", where, expected_one_of(names_of(kAbsorbers), name)));
  }
  scheme.absorber = *absorber;
  scheme.absorbing_cells = io::json_field<std::int64_t>(json, "absorbing_cells", where);
  scheme.free_surface = io::json_field<bool>(json, "free_surface", where);
  if (json.contains("aperture")) scheme.aperture = io::json_field<double>(json, "aperture", where);
  if (json.contains("sponge_velocity")) {
    scheme.sponge_velocity = io::json_field<double>(json, "sponge_velocity", where);
  }
  return scheme;
}

}  // namespace

nlohmann::json to_json(const Modelling& modelling) {
  return {{"grid", to_json(modelling.grid)},
          {"survey", to_json(modelling.survey)},
          {"source", to_json(modelling.source)},
          {"scheme", to_json(modelling.scheme)}};
}

Modelling modelling_from_json(const nlohmann::json& json, const std::string& where) {
  const auto part = [&](const char* member) { return io::json_field<nlohmann::json>(json, member, where); };
  return {grid_from_json(part("grid"), where), survey_from_json(part("survey"), where),
          source_from_json(part("source"), where), scheme_from_json(part("scheme"), where)};
}

}  // namespace strataform::survey
