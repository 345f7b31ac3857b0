#include "strataform/data/acquisition_json.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "strataform/data/json_field.h"

namespace strataform::data {
namespace {

nlohmann::json points_to_json(const std::vector<wave::GridPoint>& points) {
  nlohmann::json json = nlohmann::json::array();
  for (const wave::GridPoint& point : points) json.push_back({point.row, point.column});
  return json;
}

std::vector<wave::GridPoint> points_from_json(const nlohmann::json& json, const char* member,
                                              const std::string& where) {
  const auto pairs = json_field<std::vector<std::vector<std::int64_t>>>(json, member, where);
  std::vector<wave::GridPoint> points;
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
                         {"sponge_cells", acquisition.sponge_cells},
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
  acquisition.sponge_cells = json_field<std::int64_t>(json, "sponge_cells", where);
  if (json.contains("wavelet")) acquisition.wavelet = json_field<std::vector<double>>(json, "wavelet", where);
  acquisition.sources = points_from_json(json, "sources", where);
  acquisition.receivers = points_from_json(json, "receivers", where);
  return acquisition;
}

}  // namespace strataform::data
