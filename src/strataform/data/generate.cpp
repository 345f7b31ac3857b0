#include "strataform/data/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "strataform/core/error.h"
#include "strataform/core/interrupt.h"
#include "strataform/core/parallel.h"
#include "strataform/core/progress.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/input_spec.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/io/npy.h"
#include "strataform/wave/propagator.h"

namespace strataform::data {
namespace {
namespace fs = std::filesystem;

/// Models that are shot in one go: enough to keep all threads busy, few enough to stop soon after Ctrl-C.
constexpr std::int64_t kModelsPerChunk = 16;
constexpr geology::MapSize kMapSize{};

/// Makes the files of one family.
class FamilyWriter {
 public:
  FamilyWriter(const GenerateOptions& options, const geology::Family& family, fs::path folder)
      : options_(options), family_(family), folder_(std::move(folder)) {
    if (!options.velocity_only) {
      propagator_.emplace(kMapSize.nz, kMapSize.nx, wave::openfwi_acquisition(options.flip_shot));
    }
  }

  void run() {
    prepare_folder();
    Progress progress(fmt::format("{:<13}", family_.title()), options_.count, "samples");
    std::int64_t done = 0;
    for (std::int64_t file = 0; done < options_.count; ++file) {
      const std::int64_t samples = std::min(options_.samples_per_file, options_.count - done);
      if (is_finished(file)) {
        progress.skip(done + samples);
      } else {
        write_file(file, samples, progress);
      }
      done += samples;
    }
  }

 private:
  [[nodiscard]] ShardName shard(std::int64_t file) const {
    const auto& groups = family_.layer_groups();
    if (groups.empty()) return {file + 1, 0};
    const auto count = static_cast<std::int64_t>(groups.size());
    return {file / count, groups[static_cast<std::size_t>(file % count)]};
  }

  [[nodiscard]] bool is_finished(std::int64_t file) const {
    const ShardName name = shard(file);
    return options_.overwrite == Overwrite::kRefuse && fs::exists(folder_ / name.velocity_file()) &&
           (options_.velocity_only || fs::exists(folder_ / name.gathers_file()));
  }

  void prepare_folder() const {
    DatasetInfo info;
    info.family = family_.name();
    info.seed = options_.seed;
    info.count = options_.count;
    info.decimation = options_.decimation;
    info.last_sample_ignored = options_.decimation > 1;
    if (propagator_) info.acquisition = propagator_->acquisition();
    fs::create_directories(folder_);
    const std::optional<DatasetInfo> found = read_dataset_info(folder_);
    if (found && options_.overwrite == Overwrite::kRefuse) {
      if (to_json(*found) == to_json(info)) return;
      throw MismatchError(
          fmt::format("{}: holds data made with other options than these (see its {}); choose another "
                      "folder, or --force replaces them",
                      folder_.string(), kDatasetInfoFile));
    }
    write_dataset_info(folder_, info, options_.overwrite);
  }

  void write_file(std::int64_t file, std::int64_t samples, Progress& progress) const {
    const ShardName name = shard(file);
    const std::int64_t first = file * options_.samples_per_file;
    // A file whose partner is missing is left over from an interrupted run.
    io::NpyWriter velocities(folder_ / name.velocity_file(), io::DType::kFloat32,
                             {samples, 1, kMapSize.nz, kMapSize.nx}, Overwrite::kAllow);
    std::optional<io::NpyWriter> gathers;
    if (propagator_) {
      const wave::Acquisition& acquisition = propagator_->acquisition();
      gathers.emplace(folder_ / name.gathers_file(),
                      options_.decimation > 1 ? io::DType::kFloat16 : io::DType::kFloat32,
                      std::vector<std::int64_t>{samples, static_cast<std::int64_t>(acquisition.sources.size()),
                                                acquisition.samples / options_.decimation,
                                                static_cast<std::int64_t>(acquisition.receivers.size())},
                      Overwrite::kAllow);
    }
    for (std::int64_t done = 0; done < samples;) {
      if (interrupted()) {
        throw InterruptedError(
            fmt::format("{}: stopped; the same command goes on from the last whole file", options_.output.string()));
      }
      const std::int64_t count = std::min(kModelsPerChunk, samples - done);
      const std::vector<float> maps = draw_maps(first + done, count, name.layers);
      velocities.append(maps);
      if (gathers) gathers->append(shoot(maps, count));
      done += count;
      progress.update(first + done);
    }
    if (gathers) gathers->commit();
    velocities.commit();
  }

  [[nodiscard]] std::vector<float> draw_maps(std::int64_t first, std::int64_t count, int layers) const {
    const std::int64_t map_size = kMapSize.nz * kMapSize.nx;
    std::vector<float> maps(static_cast<std::size_t>(count * map_size));
    parallel_for(count, [&](std::int64_t k, int) {
      const auto index = static_cast<std::uint64_t>(first + k);
      const std::vector<float> map = geology::generate_map(family_, options_.seed, index, kMapSize, layers);
      std::copy(map.begin(), map.end(), maps.begin() + k * map_size);
    });
    return maps;
  }

  [[nodiscard]] std::vector<float> shoot(const std::vector<float>& maps, std::int64_t count) const {
    std::vector<float> gathers(static_cast<std::size_t>(count * propagator_->gather_size()));
    propagator_->forward(maps, count, gathers);
    if (options_.decimation == 1) return gathers;
    const wave::Acquisition& acquisition = propagator_->acquisition();
    GatherShape shape;
    shape.shots = count * static_cast<std::int64_t>(acquisition.sources.size());
    shape.samples = acquisition.samples;
    shape.receivers = static_cast<std::int64_t>(acquisition.receivers.size());
    std::vector<float> means(gathers.size() / static_cast<std::size_t>(options_.decimation));
    block_means(shape, gathers, options_.decimation, true, means);
    return means;
  }

  const GenerateOptions& options_;
  const geology::Family& family_;
  fs::path folder_;
  std::optional<wave::Propagator> propagator_;
};

void validate(const GenerateOptions& options) {
  if (options.families.empty()) throw UsageError("generate: no family was chosen");
  if (options.count < 1) throw UsageError(fmt::format("--count: expected at least 1, found {}", options.count));
  const std::int64_t samples = wave::Acquisition{}.samples;
  if (options.decimation < 1 || samples % options.decimation != 0) {
    throw UsageError(
        fmt::format("--decimation: expected a divisor of {} samples, found {}", samples, options.decimation));
  }
}

}  // namespace

void generate_dataset(const GenerateOptions& options) {
  validate(options);
  for (const geology::Family* family : options.families) {
    const bool several = options.families.size() > 1;
    FamilyWriter(options, *family, several ? options.output / family->name() : options.output).run();
  }
}

}  // namespace strataform::data
