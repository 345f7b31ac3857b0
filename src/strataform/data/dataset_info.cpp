#include "strataform/data/dataset_info.h"

#include <fmt/format.h>

#include <utility>

#include "strataform/data/openfwi_layout.h"
#include "strataform/io/json.h"
#include "strataform/io/json_field.h"
#include "strataform/survey/cell_survey_json.h"
#include "strataform/survey/modelling_json.h"

namespace strataform::data {
namespace {

constexpr const char* kFormat = "strataform-dataset";
constexpr std::int64_t kVersion = 2;
/// With an "acquisition" in cells in place of the modelling.
constexpr std::int64_t kVersionInCells = 1;

bool has(const nlohmann::json& json, const char* member) { return json.contains(member) && !json.at(member).is_null(); }

}  // namespace

nlohmann::json to_json(const DatasetInfo& info) {
  nlohmann::json json = {
      {"format", kFormat},   {"version", kVersion},           {"family", info.family},
      {"count", info.count}, {"decimation", info.decimation}, {"last_sample_ignored", info.last_sample_ignored}};
  if (info.seed) json["seed"] = *info.seed;
  if (info.modelling) json["modelling"] = survey::to_json(*info.modelling);
  if (!info.conditions.empty()) json["conditions"] = info.conditions;
  return json;
}

DatasetInfo dataset_info_from_json(const nlohmann::json& json, const std::string& where) {
  const auto format = io::json_field<std::string>(json, "format", where);
  const auto version = io::json_field<std::int64_t>(json, "version", where);
  if (format != kFormat || (version != kVersion && version != kVersionInCells)) {
    throw InputError(fmt::format("{}: expected format {} version {}, found {} version {}", where, kFormat, kVersion,
                                 format, version));
  }
  DatasetInfo info;
  info.family = io::json_field<std::string>(json, "family", where);
  info.count = io::json_field<std::int64_t>(json, "count", where);
  info.decimation = io::json_field<std::int64_t>(json, "decimation", where);
  info.last_sample_ignored = io::json_field<bool>(json, "last_sample_ignored", where);
  if (info.decimation < 1) {
    throw InputError(fmt::format("{}: expected a decimation of at least 1, found {}", where, info.decimation));
  }
  if (has(json, "seed")) info.seed = io::json_field<std::uint64_t>(json, "seed", where);
  if (has(json, "modelling")) info.modelling = survey::modelling_from_json(json.at("modelling"), where);
  if (has(json, "conditions")) info.conditions = json.at("conditions");
  if (has(json, "acquisition")) info.modelling = survey::modelling_from_cell_json(json.at("acquisition"), where);
  return info;
}

io::RunFolder open_data_folder(const std::filesystem::path& folder, Overwrite overwrite) {
  io::RunFiles files{.state = kDatasetInfoFile,
                     .is_own = [](std::string_view name) { return parse_file_name(name).has_value(); },
                     .advice = "choose another folder, or `force` replaces its data files"};
  // What is replaced may have more files than the new data: none of them may count among those.
  const bool replaces = overwrite == Overwrite::kAllow;
  return {folder, std::move(files), replaces ? io::EarlierRun::kReplace : io::EarlierRun::kResumeIfThere};
}

std::optional<DatasetInfo> read_dataset_info(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kDatasetInfoFile;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return dataset_info_from_json(io::read_json(path), path.string());
}

void write_dataset_info(const std::filesystem::path& folder, const DatasetInfo& info, Overwrite overwrite) {
  io::write_json(folder / kDatasetInfoFile, to_json(info), overwrite);
}

}  // namespace strataform::data
