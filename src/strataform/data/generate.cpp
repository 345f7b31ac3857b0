#include "strataform/data/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

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
    for (const FilePlan& file : planned_files()) {
      if (is_finished(file)) {
        progress.skip(done + file.samples);
      } else {
        write_file(file, done, progress);
      }
      done += file.samples;
    }
  }

 private:
  /// A file of one group of layers: every group_count-th sample from first on.
  struct FilePlan {
    ShardName name;
    std::int64_t first = 0;
    std::int64_t samples = 0;
  };

  [[nodiscard]] std::int64_t group_count() const {
    return std::max<std::int64_t>(1, std::ssize(family_.layer_groups()));
  }

  /// The files of all samples. Samples take the family's groups in turn, so that any number of them has its share of
  /// each, and a group's files take its samples in order.
  [[nodiscard]] std::vector<FilePlan> planned_files() const {
    const std::vector<int>& layers = family_.layer_groups();
    const std::int64_t groups = group_count();
    std::vector<FilePlan> files;
    for (std::int64_t number = 0; number * options_.samples_per_file * groups < options_.count; ++number) {
      for (std::int64_t group = 0; group < groups; ++group) {
        FilePlan file;
        file.name =
            layers.empty() ? ShardName{number + 1, 0} : ShardName{number, layers[static_cast<std::size_t>(group)]};
        file.first = number * options_.samples_per_file * groups + group;
        const std::int64_t left = (options_.count - file.first + groups - 1) / groups;
        file.samples = std::min(options_.samples_per_file, left);
        if (file.samples > 0) files.push_back(file);
      }
    }
    return files;
  }

  /// Whether the file is there with all its samples: an earlier run for fewer left its last one shorter.
  [[nodiscard]] bool is_finished(const FilePlan& file) const {
    const fs::path velocity = folder_ / file.name.velocity_file();
    return fs::exists(velocity) && io::NpyReader(velocity).count() == file.samples &&
           (options_.velocity_only || fs::exists(folder_ / file.name.gathers_file()));
  }

  void prepare_folder() const {
    DatasetInfo info;
    info.family = family_.name();
    info.seed = options_.seed;
    info.count = options_.count;
    info.decimation = options_.decimation;
    info.last_sample_ignored = options_.decimation > 1;
    if (propagator_) info.acquisition = propagator_->acquisition();
    const io::RunFolder run = open_data_folder(folder_, options_.overwrite);
    if (run.is_resumed()) {
      DatasetInfo found = *read_dataset_info(folder_);
      // Samples do not depend on how many there are, so a data set can grow.
      const bool grows = found.count < info.count;
      if (grows) found.count = info.count;
      run.require_same(to_json(found), to_json(info));
      if (!grows) return;
    }
    write_dataset_info(folder_, info, Overwrite::kAllow);
  }

  void write_file(const FilePlan& file, std::int64_t done_before, Progress& progress) const {
    // A file whose partner is missing is left over from an interrupted run.
    io::NpyWriter velocities(folder_ / file.name.velocity_file(), io::DType::kFloat32,
                             {file.samples, 1, kMapSize.nz, kMapSize.nx}, Overwrite::kAllow);
    std::optional<io::NpyWriter> gathers;
    if (propagator_) {
      const wave::Acquisition& acquisition = propagator_->acquisition();
      gathers.emplace(folder_ / file.name.gathers_file(),
                      options_.decimation > 1 ? io::DType::kFloat16 : io::DType::kFloat32,
                      std::vector<std::int64_t>{file.samples, static_cast<std::int64_t>(acquisition.sources.size()),
                                                acquisition.samples / options_.decimation,
                                                static_cast<std::int64_t>(acquisition.receivers.size())},
                      Overwrite::kAllow);
    }
    for (std::int64_t done = 0; done < file.samples;) {
      if (interrupted()) {
        throw InterruptedError(
            fmt::format("{}: stopped; the same command goes on from the last whole file", options_.output.string()));
      }
      const std::int64_t count = std::min(kModelsPerChunk, file.samples - done);
      const std::vector<float> maps = draw_maps(file.first + done * group_count(), count);
      velocities.append(maps);
      if (gathers) gathers->append(shoot(maps, count));
      done += count;
      progress.update(done_before + done);
    }
    if (gathers) gathers->commit();
    velocities.commit();
  }

  [[nodiscard]] std::vector<float> draw_maps(std::int64_t first, std::int64_t count) const {
    const std::int64_t map_size = kMapSize.nz * kMapSize.nx;
    std::vector<float> maps(static_cast<std::size_t>(count * map_size));
    parallel_for(count, [&](std::int64_t k, int) {
      const auto index = static_cast<std::uint64_t>(first + k * group_count());
      const std::vector<float> map = geology::generate_map(family_, options_.seed, index, kMapSize);
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
