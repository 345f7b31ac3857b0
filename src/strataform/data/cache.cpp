#include "strataform/data/cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/array_files.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/input_spec.h"
#include "strataform/io/half_range.h"

namespace strataform::data {
namespace fs = std::filesystem;
namespace {

/// One family's part of the work.
struct FamilyCache {
  FamilyFolder source;
  fs::path folder;
  DatasetInfo info;  ///< of the cache
  std::int64_t source_decimation = 1;
};

/// Shot by shot: one that is weaker than the others is not to vanish beside them.
void require_fits_half(std::span<const float> means, std::int64_t shots, const fs::path& source, std::int64_t index) {
  const std::size_t size = means.size() / static_cast<std::size_t>(shots);
  for (std::size_t begin = 0; begin < means.size(); begin += size) {
    const std::span<const float> shot = means.subspan(begin, size);
    if (io::fits_half(shot)) continue;
    const auto [low, high] = std::ranges::minmax(shot);
    throw InputError(
        fmt::format("{}: expected amplitudes that float16 can hold, 6.1e-5 to 65504, found {:.3g} to {:.3g} in example "
                    "{}, shot {}: choose `storage` f32, or bring the data into that range",
                    source.string(), low, high, index, begin / size));
  }
}

class CacheWriter {
 public:
  CacheWriter(const CacheOptions& options, std::int64_t total, const Context& context)
      : options_(options), context_(context), progress_(context, "cache", total, "examples") {}

  void write(const FamilyCache& family) {
    // Maps in km/s, say, leave no folder behind.
    (void)first_map(VelocityFile(family.source.shards.front().velocity, VelocityRange::kPlausible));
    const bool resumed = open_folder(family);
    const Overwrite overwrite = resumed ? Overwrite::kAllow : options_.overwrite;
    for (const Shard& shard : family.source.shards) {
      const GatherFile gathers(shard.gathers, family.source_decimation);
      const VelocityFile velocity(shard.velocity, VelocityRange::kPlausible);
      if (resumed && finished(family, shard, gathers, velocity)) {
        done_ += gathers.count();
        progress_.skip(done_);
        continue;
      }
      // Both files of a shard appear together or, where one cannot be read, not at all.
      io::NpyWriter maps(family.folder / shard.name.velocity_file(), io::DType::kFloat32,
                         {velocity.count(), 1, velocity.nz(), velocity.nx()}, overwrite);
      write_velocity(velocity, maps);
      write_gathers(gathers, family, family.folder / shard.name.gathers_file(), overwrite);
      maps.commit();
    }
  }

 private:
  /// Whether an earlier call began this folder. Creates the folder and its dataset.json where they are missing.
  bool open_folder(const FamilyCache& family) {
    const io::RunFolder run = open_data_folder(family.folder, options_.overwrite);
    if (run.is_resumed()) {
      run.require_same(to_json(*read_dataset_info(family.folder)), to_json(family.info));
      require_known_files(family);
    } else {
      write_dataset_info(family.folder, family.info);
    }
    return run.is_resumed();
  }

  /// Files of another split or source would count among those of this cache.
  static void require_known_files(const FamilyCache& family) {
    std::set<std::string> known;
    for (const Shard& shard : family.source.shards) {
      known.insert({shard.name.gathers_file(), shard.name.velocity_file()});
    }
    for (const fs::path& file : data_files(family.folder)) {
      if (known.contains(file.filename())) continue;
      throw MismatchError(
          fmt::format("{}: expected only files of the same source and split, found it as well; choose another folder, "
                      "or `force` replaces its data files",
                      file.string()));
    }
  }

  static std::vector<std::int64_t> cached_shape(const FamilyCache& family, const GatherFile& gathers) {
    const GatherShape& shape = gathers.shape();
    return {gathers.count(), shape.shots, shape.recorded_samples() / family.info.decimation, shape.receivers};
  }

  /// Whether both files of a shard are there. Throws MismatchError where they are not of these samples.
  [[nodiscard]] bool finished(const FamilyCache& family, const Shard& shard, const GatherFile& gathers,
                              const VelocityFile& velocity) const {
    const fs::path cached = family.folder / shard.name.gathers_file();
    const fs::path maps = family.folder / shard.name.velocity_file();
    if (!fs::exists(cached) || !fs::exists(maps)) return false;
    const io::NpyReader reader(cached);
    if (reader.dtype() != options_.storage || reader.shape() != cached_shape(family, gathers)) return false;
    require_same(first_map(VelocityFile(maps, VelocityRange::kPlausible)) == first_map(velocity), maps,
                 velocity.path());
    require_same(has_gathers(reader, first_means(gathers, family)), cached, gathers.path());
    return true;
  }

  static void require_same(bool same, const fs::path& cached, const fs::path& source) {
    if (same) return;
    throw MismatchError(fmt::format(
        "{}: expected the examples of {}, found others; choose another folder, or `force` replaces its data "
        "files",
        cached.string(), source.string()));
  }

  static std::vector<float> first_means(const GatherFile& gathers, const FamilyCache& family) {
    const GatherShape& shape = gathers.shape();
    std::vector<float> stored(static_cast<std::size_t>(shape.size()));
    gathers.read(0, stored);
    return means_of(shape, stored, family);
  }

  static std::vector<float> means_of(const GatherShape& shape, std::span<const float> stored,
                                     const FamilyCache& family) {
    const std::int64_t factor = family.info.decimation / shape.decimation;
    std::vector<float> means(static_cast<std::size_t>(shape.size() / factor));
    compact_gathers(shape, stored, family.info.decimation, means);
    return means;
  }

  /// Whether a file's first gathers are these, but for the rounding to half precision.
  static bool has_gathers(const io::NpyReader& cached, const std::vector<float>& means) {
    std::vector<float> stored(means.size());
    cached.read(0, 1, stored);
    if (cached.dtype() == io::DType::kFloat32) return stored == means;
    return std::ranges::equal(stored, means, [](float kept, float mean) {
      return std::abs(kept - mean) <= 1e-3F * std::abs(mean) + 1e-7F;  // half an ulp is 2^-11, or 2^-25 near zero
    });
  }

  static std::vector<float> first_map(const VelocityFile& velocity) {
    std::vector<float> map(static_cast<std::size_t>(velocity.nz() * velocity.nx()));
    velocity.read(0, map);
    return map;
  }

  void write_gathers(const GatherFile& gathers, const FamilyCache& family, const fs::path& path, Overwrite overwrite) {
    const GatherShape& shape = gathers.shape();
    std::vector<float> stored(static_cast<std::size_t>(shape.size()));
    io::NpyWriter writer(path, options_.storage, cached_shape(family, gathers), overwrite);
    for (std::int64_t index = 0; index < gathers.count(); ++index) {
      if (context_.stop_requested()) {
        const bool forced = options_.overwrite == Overwrite::kAllow;
        throw InterruptedError(fmt::format("{}: {} examples are cached; the same command{} continues from there",
                                           options_.output.string(), done_ - index, forced ? " without `force`" : ""));
      }
      gathers.read(index, stored);
      const std::vector<float> means = means_of(shape, stored, family);
      if (options_.storage == io::DType::kFloat16) require_fits_half(means, shape.shots, gathers.path(), index);
      writer.append(means);
      progress_.update(++done_);
    }
    writer.commit();
  }

  static void write_velocity(const VelocityFile& velocity, io::NpyWriter& writer) {
    std::vector<float> map(static_cast<std::size_t>(velocity.nz() * velocity.nx()));
    for (std::int64_t index = 0; index < velocity.count(); ++index) {
      velocity.read(index, map);
      writer.append(map);
    }
  }

  const CacheOptions& options_;
  const Context& context_;
  Progress progress_;
  std::int64_t done_ = 0;
};

FamilyCache plan_family(FamilyFolder source, const CacheOptions& options) {
  FamilyCache family;
  const std::optional<DatasetInfo> info = read_dataset_info(source.path);
  family.folder = options.output / source.family;
  if (info) family.info = *info;
  family.source_decimation = family.info.decimation;
  family.info.family = source.family;
  family.info.decimation = options.decimation;
  family.info.last_sample_ignored = true;
  family.info.count = 0;
  for (const Shard& shard : source.shards) {
    std::error_code missing;
    for (const fs::path& file : {shard.gathers, shard.velocity}) {
      if (!fs::equivalent(file.parent_path(), family.folder, missing)) continue;
      throw UsageError(fmt::format("{}: expected another folder than that of the source", family.folder.string()));
    }
    const GatherFile gathers(shard.gathers, family.source_decimation);
    const std::int64_t recorded = gathers.shape().recorded_samples();
    if (options.decimation % family.source_decimation != 0 || recorded % options.decimation != 0) {
      throw UsageError(fmt::format("`decimation`: expected a divisor of {} and a multiple of {} for {}, found {}",
                                   recorded, family.source_decimation, shard.gathers.string(), options.decimation));
    }
    family.info.count += gathers.count();
  }
  family.source = std::move(source);
  return family;
}

}  // namespace

std::int64_t write_cache(const CacheOptions& options, const Context& context) {
  if (options.decimation < 1) {
    throw UsageError(fmt::format("`decimation`: expected at least 1, found {}", options.decimation));
  }
  std::error_code missing;
  if (fs::equivalent(options.source, options.output, missing)) {
    throw UsageError(fmt::format("{}: expected another folder than that of the source", options.output.string()));
  }
  // Opening the whole source first finds what does not fit before anything is written.
  DatasetOptions selection;
  selection.split = options.split;
  selection.family = options.family;
  const std::int64_t total = open_dataset(options.source, selection, context)->size();
  std::vector<FamilyCache> families;
  for (FamilyFolder& folder : select_family_folders(options.source, selection)) {
    families.push_back(plan_family(std::move(folder), options));
    const FamilyCache& planned = families.back();
    const auto same_folder = [&](const FamilyCache& other) { return other.folder == planned.folder; };
    if (std::ranges::count_if(families, same_folder) == 1) continue;
    throw UsageError(fmt::format("{}: expected one folder of the family {}, found another; cache them one by one",
                                 planned.source.path.string(), planned.source.family));
  }
  CacheWriter writer(options, total, context);
  for (const FamilyCache& family : families) writer.write(family);
  return total;
}

}  // namespace strataform::data
