#include "strataform/data/openfwi_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/data/dataset_info.h"
#include "strataform/geology/family.h"

namespace strataform::data {
namespace fs = std::filesystem;
namespace {

constexpr Choice<Split> kSplits[] = {{"all", Split::kAll}, {"train", Split::kTrain}, {"test", Split::kTest}};

constexpr std::int64_t kLastVelTrainFile = 48;
constexpr std::int64_t kLastStyleTrainFile = 120;
constexpr std::int64_t kLastFaultTrainFile = 31;

std::string hyphenated(std::string name) {
  for (char& letter : name) {
    letter = letter == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return name;
}

/// The entries of a folder in the order of their names, for messages and results that do not depend on the disk.
std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    entries.push_back(entry->path());
  }
  if (error) throw IoError(fmt::format("{}: the folder cannot be read: {}", folder.string(), error.message()));
  std::ranges::sort(entries);
  return entries;
}

using ShardMap = std::map<ShardName, Shard>;

void collect_files(const fs::path& folder, ShardMap& shards) {
  for (const fs::path& file : data_files(folder)) {
    const std::optional<ParsedName> parsed = parse_file_name(file.filename().string());
    Shard& shard = shards[parsed->shard];
    shard.name = parsed->shard;
    fs::path& slot = parsed->is_velocity ? shard.velocity : shard.gathers;
    if (!slot.empty()) {
      throw InputError(fmt::format("{}: expected one file of this name, found {} too", file.string(), slot.string()));
    }
    slot = file;
  }
}

void require_partners(const Shard& shard, bool require_velocity) {
  if (shard.gathers.empty()) {
    throw InputError(fmt::format("{}: expected its gathers in {}, found no such file", shard.velocity.string(),
                                 shard.name.gathers_file()));
  }
  if (require_velocity && shard.velocity.empty()) {
    throw InputError(fmt::format("{}: expected its velocities in {}, found no such file", shard.gathers.string(),
                                 shard.name.velocity_file()));
  }
}

/// The family's folder at path, or one without shards.
FamilyFolder read_family_folder(const fs::path& path, bool require_velocity) {
  ShardMap shards;
  collect_files(path, shards);
  for (const char* part : {"data", "model"}) {
    if (fs::is_directory(path / part)) collect_files(path / part, shards);
  }
  FamilyFolder folder;
  folder.path = path;
  if (shards.empty()) return folder;
  const std::optional<DatasetInfo> info = read_dataset_info(path);
  folder.family = info ? info->family : family_from_name(fs::canonical(path).filename().string());
  for (const auto& [name, shard] : shards) {
    require_partners(shard, require_velocity);
    folder.shards.push_back(shard);
  }
  return folder;
}

}  // namespace

Split split_from_name(std::string_view name) { return choose(kSplits, "split", name); }
const char* name_of(Split split) { return name_of(kSplits, split); }

std::string ShardName::gathers_file() const {
  return layers == 0 ? fmt::format("data{}.npy", number) : fmt::format("seis{}_1_{}.npy", layers, number);
}

std::string ShardName::velocity_file() const {
  return layers == 0 ? fmt::format("model{}.npy", number) : fmt::format("vel{}_1_{}.npy", layers, number);
}

std::optional<ParsedName> parse_file_name(std::string_view file_name) {
  static const std::regex kVelOrStyle(R"((data|model)(\d{1,9})\.npy)");
  static const std::regex kFault(R"((seis|vel)(\d{1,3})_1_(\d{1,9})\.npy)");
  const std::string name(file_name);
  std::smatch match;
  if (std::regex_match(name, match, kVelOrStyle)) {
    return ParsedName{{.number = std::stoll(match[2]), .layers = 0}, match[1] == "model"};
  }
  if (std::regex_match(name, match, kFault) && std::stoi(match[2]) > 0) {
    return ParsedName{{.number = std::stoll(match[3]), .layers = std::stoi(match[2])}, match[1] == "vel"};
  }
  return std::nullopt;
}

std::string family_from_name(const std::string& folder_name) {
  std::string name = hyphenated(folder_name);
  for (const auto* list : {&geology::families(), &geology::extra_families()}) {
    for (const geology::Family* family : *list) {
      if (family->name() == name) return name;
    }
  }
  return folder_name;
}

bool in_split(const ShardName& name, const std::string& family, Split split) {
  if (split == Split::kAll) return true;
  const auto& known = geology::families();
  if (std::ranges::none_of(known, [&](const geology::Family* one) { return one->name() == family; })) {
    throw UsageError(
        fmt::format("split: OpenFWI publishes training and test parts of its ten families, found {}", family));
  }
  const std::int64_t last = name.layers > 0               ? kLastFaultTrainFile
                            : family.starts_with("style") ? kLastStyleTrainFile
                                                          : kLastVelTrainFile;
  return (name.number <= last) == (split == Split::kTrain);
}

std::vector<fs::path> data_files(const fs::path& folder) {
  std::vector<fs::path> files = sorted_entries(folder);
  std::erase_if(
      files, [](const fs::path& file) { return !parse_file_name(file.filename().string()) || fs::is_directory(file); });
  return files;
}

std::vector<FamilyFolder> find_family_folders(const fs::path& path, bool require_velocity) {
  if (!fs::exists(path)) throw IoError(fmt::format("{}: no such folder", path.string()));
  if (!fs::is_directory(path)) throw IoError(fmt::format("{}: expected a folder, found a file", path.string()));
  FamilyFolder own = read_family_folder(path, require_velocity);
  if (!own.shards.empty()) return {std::move(own)};
  std::vector<FamilyFolder> folders;
  for (const fs::path& entry : sorted_entries(path)) {
    if (!fs::is_directory(entry)) continue;
    FamilyFolder folder = read_family_folder(entry, require_velocity);
    if (!folder.shards.empty()) folders.push_back(std::move(folder));
  }
  if (folders.empty()) {
    throw InputError(
        fmt::format("{}: expected OpenFWI's files (data1.npy and model1.npy, or seis2_1_0.npy and "
                    "vel2_1_0.npy) here or one folder below, found none",
                    path.string()));
  }
  return folders;
}

}  // namespace strataform::data
