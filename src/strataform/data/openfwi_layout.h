#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strataform::data {

/// The parts of OpenFWI that its authors published for training and for testing.
enum class Split { kAll, kTrain, kTest };

/// "all", "train" or "test"; anything else is a UsageError.
Split split_from_name(std::string_view name);
const char* name_of(Split split);

/// One pair of OpenFWI's files by its numbers: data{n}.npy and model{n}.npy (Vel and Style), or
/// seis{layers}_1_{n}.npy and vel{layers}_1_{n}.npy (Fault). Sorted by number, then layers.
struct ShardName {
  std::int64_t number = 0;
  int layers = 0;  ///< 0 for Vel and Style

  [[nodiscard]] std::string gathers_file() const;
  [[nodiscard]] std::string velocity_file() const;
  auto operator<=>(const ShardName&) const = default;
};

/// What a file name of OpenFWI says; nothing for any other name.
struct ParsedName {
  ShardName shard;
  bool is_velocity = false;
};
std::optional<ParsedName> parse_file_name(std::string_view file_name);

struct Shard {
  ShardName name;
  std::filesystem::path gathers;
  std::filesystem::path velocity;  ///< empty where there is none and none is required
};

/// The files of one family's folder.
struct FamilyFolder {
  std::filesystem::path path;
  std::string family;  ///< "flatvel-a"; the folder's own name where it is none of the known families
  std::vector<Shard> shards;
};

/// "FlatVel_A" and "flatvel-a" become "flatvel-a"; an unknown name stays as it is.
std::string family_from_name(const std::string& folder_name);

/// Whether the published split has the shard in its training or test part: the first 48 files of a Vel family and
/// the first 120 of a Style family, numbered from 1, and numbers 0..31 of each group of a Fault family are for
/// training, the others for testing. Throws UsageError for a family that OpenFWI does not have.
bool in_split(const ShardName& name, const std::string& family, Split split);

/// The files of OpenFWI's names that lie in a folder itself, in the order of their names.
/// Throws IoError where it cannot be read.
std::vector<std::filesystem::path> data_files(const std::filesystem::path& folder);

/// Finds the files of all families at or below path (path itself, or its folders), in numeric order.
/// Throws IoError where path is no folder, InputError where it holds no such files or a partner is missing.
std::vector<FamilyFolder> find_family_folders(const std::filesystem::path& path, bool require_velocity = true);

}  // namespace strataform::data
