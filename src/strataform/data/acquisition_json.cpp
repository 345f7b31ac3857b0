#include "strataform/data/acquisition_json.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "strataform/data/json_field.h"

namespace strataform::data {
namespace {

constexpr const char* kPmlCells = "pml_cells";

/// The absorber is told from the name of its cells.
const char* cells_member(wave::Absorber absorber) {
  return absorber == wave::Absorber::kPml ? kPmlCells : "sponge_cells";
}

nlohmann::json points_to_json(const std::vector<wave::Position>& points) {
  nlohmann::json json = nlohmann::json::array();
  for (const wave::Position& point : points) json.push_back({point.row, point.column});
  return json;
}

std::vector<wave::Position> points_from_json(const nlohmann::json& json, const char* member, const std::string& where) {
  const auto pairs = json_field<std::vector<std::vector<double>>>(json, member, where);
  std::vector<wave::Position> points;
  for (const auto& pair : pairs) {
    if (pair.size() != 2) {
      throw InputError(
          fmt::format("{}: \"{}\": expected pairs of row and column, found {} numbers", where, member, pair.size()));
    }
    points.push_back({pair[0], pair[1]});
  }
  return points;
}

}  // namespace

nlohmann::json to_json(const wave::Acquisition& acquisition) {
  nlohmann::json json = {{"spacing", acquisition.spacing},
                         {"time_step", acquisition.time_step},
                         {"samples", acquisition.samples},
                         {"frequency", acquisition.frequency},
                         {cells_member(acquisition.absorber), acquisition.absorbing_cells},
                         {"space_order", acquisition.space_order},
                         {"free_surface", acquisition.free_surface},
                         {"sources", points_to_json(acquisition.sources)},
                         {"receivers", points_to_json(acquisition.receivers)}};
  if (!acquisition.wavelet.empty()) json["wavelet"] = acquisition.wavelet;
  return json;
}

wave::Acquisition acquisition_from_json(const nlohmann::json& json, const std::string& where) {
  wave::Acquisition acquisition;
  acquisition.spacing = json_field<double>(json, "spacing", where);
  acquisition.time_step = json_field<double>(json, "time_step", where);
  acquisition.samples = json_field<std::int64_t>(json, "samples", where);
  acquisition.frequency = json_field<double>(json, "frequency", where);
  acquisition.absorber = json.contains(kPmlCells) ? wave::Absorber::kPml : wave::Absorber::kSponge;
  acquisition.absorbing_cells = json_field<std::int64_t>(json, cells_member(acquisition.absorber), where);
  // Files from before there was a choice have neither.
  if (json.contains("space_order")) acquisition.space_order = json_field<std::int64_t>(json, "space_order", where);
  if (json.contains("free_surface")) acquisition.free_surface = json_field<bool>(json, "free_surface", where);
  if (json.contains("wavelet")) acquisition.wavelet = json_field<std::vector<double>>(json, "wavelet", where);
  acquisition.sources = points_from_json(json, "sources", where);
  acquisition.receivers = points_from_json(json, "receivers", where);
  return acquisition;
}

}  // namespace strataform::data
