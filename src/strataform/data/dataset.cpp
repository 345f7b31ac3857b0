#include "strataform/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "strataform/core/error.h"
#include "strataform/core/spread.h"
#include "strataform/data/array_files.h"
#include "strataform/data/dataset_info.h"
#include "strataform/geology/family.h"

namespace strataform::data {
namespace fs = std::filesystem;
namespace {

struct OpenShard {
  std::int64_t first;  ///< index of its first sample in the dataset
  std::string family;
  GatherFile gathers;
  std::optional<VelocityFile> velocity;
};

class FolderDataset : public Dataset {
 public:
  explicit FolderDataset(fs::path path) : path_(std::move(path)) {}

  void add_folder(const FamilyFolder& folder, bool with_velocity) {
    const std::optional<DatasetInfo> info = read_dataset_info(folder.path);
    for (const Shard& shard : folder.shards) {
      add_shard(shard, folder.family, info ? info->decimation : 1, with_velocity);
    }
    add_modelling(folder, info ? info->modelling : std::nullopt);
  }

  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] GatherShape gather_shape() const override { return shards_.front().gathers.shape(); }
  [[nodiscard]] std::int64_t nz() const override { return nz_; }
  [[nodiscard]] std::int64_t nx() const override { return nx_; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return modelling_; }
  [[nodiscard]] std::string name() const override { return path_.string(); }
  [[nodiscard]] const std::string& family(std::int64_t index) const override { return shard_of(index).family; }

  void read_gathers(std::int64_t index, std::span<float> out) const override {
    const OpenShard& shard = shard_of(index);
    shard.gathers.read(index - shard.first, out);
  }

  void read_velocity(std::int64_t index, std::span<float> out) const override {
    const OpenShard& shard = shard_of(index);
    shard.velocity.value().read(index - shard.first, out);
  }

 private:
  void add_shard(const Shard& files, const std::string& family, std::int64_t decimation, bool with_velocity) {
    OpenShard shard{size_, family, GatherFile(files.gathers, decimation), std::nullopt};
    if (with_velocity) add_velocity(files, shard);
    if (!shards_.empty()) require_same_shape(shard);
    size_ += shard.gathers.count();
    shards_.push_back(std::move(shard));
  }

  void add_velocity(const Shard& files, OpenShard& shard) {
    const VelocityFile& velocity = shard.velocity.emplace(files.velocity, VelocityRange::kPlausible);
    if (velocity.count() != shard.gathers.count()) {
      throw InputError(fmt::format("{}: expected {} velocity maps, one for each example of {}, found {}",
                                   files.velocity.string(), shard.gathers.count(), files.gathers.string(),
                                   velocity.count()));
    }
    if (shards_.empty()) {
      nz_ = velocity.nz();
      nx_ = velocity.nx();
    } else if (velocity.nz() != nz_ || velocity.nx() != nx_) {
      throw InputError(fmt::format("{}: expected maps of {} x {} cells as in {}, found {} x {}",
                                   files.velocity.string(), nz_, nx_, shards_.front().velocity->path().string(),
                                   velocity.nz(), velocity.nx()));
    }
  }

  void require_same_shape(const OpenShard& shard) const {
    const GatherShape expected = gather_shape();
    const GatherShape& found = shard.gathers.shape();
    if (found == expected) return;
    throw InputError(fmt::format("{}: expected {} as in {}, found {}", shard.gathers.path().string(),
                                 describe(expected), shards_.front().gathers.path().string(), describe(found)));
  }

  void add_modelling(const FamilyFolder& folder, std::optional<survey::Modelling> found) {
    if (found) found->grid = survey::with_extent(found->grid, nz_, nx_);
    if (!has_modelling_) {
      modelling_ = std::move(found);
      has_modelling_ = true;
    } else if (modelling_ != found) {
      throw MismatchError(fmt::format("{}: expected one survey for all families, found another in {}", path_.string(),
                                      (folder.path / kDatasetInfoFile).string()));
    }
  }

  [[nodiscard]] const OpenShard& shard_of(std::int64_t index) const {
    const auto after = std::ranges::upper_bound(shards_, index, {}, &OpenShard::first);
    return *std::prev(after);
  }

  fs::path path_;
  std::vector<OpenShard> shards_;
  std::int64_t size_ = 0;
  std::int64_t nz_ = 0;
  std::int64_t nx_ = 0;
  std::optional<survey::Modelling> modelling_;
  bool has_modelling_ = false;
};

/// At most limit samples of each family, evenly spread: Fault files are grouped by layers, and the first ones alone
/// would show one group.
std::vector<std::int64_t> limited(const Dataset& dataset, std::int64_t limit) {
  std::vector<std::int64_t> chosen;
  for (const std::vector<std::int64_t>& members : indices_by_family(dataset)) {
    for (const std::int64_t k : evenly_spread(std::ssize(members), limit)) {
      chosen.push_back(members[static_cast<std::size_t>(k)]);
    }
  }
  return chosen;
}

void warn_if_incomplete(const FamilyFolder& folder, std::int64_t found, const Context& context) {
  const std::optional<DatasetInfo> info = read_dataset_info(folder.path);
  if (!info || found >= info->count) return;
  context.warn(fmt::format("{}: has {} of its {} examples; the command that made it continues from there",
                           folder.path.string(), found, info->count));
}

void keep_family(std::vector<FamilyFolder>& folders, const std::string& family, const fs::path& path) {
  const std::string wanted = family_from_name(family);
  if (std::ranges::find(folders, wanted, &FamilyFolder::family) == folders.end()) {
    std::string found;
    for (const FamilyFolder& folder : folders) found += (found.empty() ? "" : ", ") + folder.family;
    const std::string& known = geology::find_family(family).name();
    throw InputError(fmt::format("{}: expected the family {}, found {}", path.string(), known, found));
  }
  std::erase_if(folders, [&](const FamilyFolder& folder) { return folder.family != wanted; });
}

}  // namespace

std::vector<FamilyFolder> select_family_folders(const fs::path& path, const DatasetOptions& options) {
  std::vector<FamilyFolder> folders = find_family_folders(path, options.require_velocity);
  if (!options.family.empty()) keep_family(folders, options.family, path);
  for (FamilyFolder& folder : folders) {
    std::erase_if(folder.shards,
                  [&](const Shard& shard) { return !in_split(shard.name, folder.family, options.split); });
  }
  std::erase_if(folders, [](const FamilyFolder& folder) { return folder.shards.empty(); });
  if (folders.empty()) {
    throw InputError(fmt::format("{}: expected files of OpenFWI's {} part, found none", path.string(),
                                 options.split == Split::kTest ? "test" : "training"));
  }
  return folders;
}

std::unique_ptr<Dataset> open_dataset(const fs::path& path, const DatasetOptions& options, const Context& context) {
  if (options.limit < 0) throw UsageError(fmt::format("`limit`: expected 0 or more, found {}", options.limit));
  auto dataset = std::make_unique<FolderDataset>(path);
  for (const FamilyFolder& folder : select_family_folders(path, options)) {
    const std::int64_t before = dataset->size();
    dataset->add_folder(folder, options.require_velocity);
    if (options.split == Split::kAll) warn_if_incomplete(folder, dataset->size() - before, context);
  }
  if (options.limit == 0) return dataset;
  std::vector<std::int64_t> chosen = limited(*dataset, options.limit);
  return make_subset(std::move(dataset), std::move(chosen));
}

}  // namespace strataform::data
