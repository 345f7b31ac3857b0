#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "strataform/core/atomic_file.h"
#include "strataform/io/run_folder.h"
#include "strataform/survey/modelling.h"

namespace strataform::data {

inline constexpr const char* kDatasetInfoFile = "dataset.json";

/// The content of dataset.json, which lies in the folder of a family's files that this program wrote.
struct DatasetInfo {
  std::string family{};
  std::optional<std::uint64_t> seed{};           ///< absent for data that were not generated here
  std::int64_t count = 0;                        ///< samples once the folder is complete
  std::int64_t decimation = 1;                   ///< recorded samples whose mean is one stored sample
  bool last_sample_ignored = false;              ///< the last recorded sample was replaced by the one before it
  std::optional<survey::Modelling> modelling{};  ///< of its gathers, where it has some
  /// What of their recording is not OpenFWI's (see Conditions); null or empty: nothing.
  nlohmann::json conditions{};
};

nlohmann::json to_json(const DatasetInfo& info);
/// Throws InputError; where names the file that the JSON came from.
DatasetInfo dataset_info_from_json(const nlohmann::json& json, const std::string& where);

/// The folder of a family's files, as a run that can be gone on with: kAllow replaces the files, the folder's own
/// alone, kRefuse goes on with those that are there. Throws as io::RunFolder does.
io::RunFolder open_data_folder(const std::filesystem::path& folder, Overwrite overwrite);

/// Reads folder/dataset.json; nothing where there is none.
std::optional<DatasetInfo> read_dataset_info(const std::filesystem::path& folder);
void write_dataset_info(const std::filesystem::path& folder, const DatasetInfo& info,
                        Overwrite overwrite = Overwrite::kRefuse);

}  // namespace strataform::data
