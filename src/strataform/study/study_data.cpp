#include "strataform/study/study_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/generate.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/data/sample_files.h"
#include "strataform/data/sample_maker.h"
#include "strataform/io/npy.h"
#include "strataform/io/run_folder.h"
#include "strataform/study/cell.h"

namespace strataform::study {
namespace {
namespace fs = std::filesystem;

/// Few enough that little is lost when a run stops.
constexpr std::int64_t kSamplesPerFile = 200;
/// What the first gathers of a folder may differ by, over their norm.
constexpr double kSameGathers = 1e-3;
constexpr const char* kDescriptionFile = "made_by_study.json";

data::SampleMaker maker_for(const DomainConfig& domain, Part part, std::uint64_t seed, std::int64_t decimation,
                            bool flip_shot, const Context& context) {
  data::SampleOptions samples;
  samples.conditions = domain.conditions;
  samples.flip_shot = flip_shot;
  samples.decimation = decimation;
  samples.seed = seed;
  return {map_source(domain, part, samples.size), samples, {.context = context}};
}

/// Makes the samples of one folder, in files that are never changed again.
class SampleWriter {
 public:
  SampleWriter(const DomainConfig& domain, Part part, std::uint64_t seed, std::int64_t decimation, bool flip_shot,
               const Context& context)
      : domain_(domain), context_(context), maker_(maker_for(domain, part, seed, decimation, flip_shot, context)) {}

  /// What makes sample k, whatever their number.
  [[nodiscard]] nlohmann::json description() const {
    return {{"domain", to_json(domain_)},
            {"seed", maker_.options().seed},
            {"decimation", maker_.options().decimation},
            {"shots", maker_.shape().shots}};
  }

  /// That the first map of a folder is the one that would be made today: a velocity model may have been replaced.
  void require_same_maps(const fs::path& folder) const {
    const fs::path file = folder / data::ShardName{1, 0}.velocity_file();
    const std::vector<float> today = maker_.maps({0, 1});
    std::vector<float> stored(today.size());
    io::NpyReader(file).read(0, 1, stored);
    if (stored == today) return;
    throw MismatchError(fmt::format("{}: expected the maps that the configuration makes, found others; {}",
                                    file.string(), kOtherFolder));
  }

  /// The same of its first gathers, before others are put beside them: the modelling may have changed. Not to the bit,
  /// which instruction sets and half precision differ in.
  void require_same_gathers(const fs::path& folder) const {
    const fs::path file = folder / data::ShardName{1, 0}.gathers_file();
    const std::vector<float> today = maker_.make({0, 1}).gathers;
    std::vector<float> stored(today.size());
    io::NpyReader(file).read(0, 1, stored);
    double difference = 0.0;
    double energy = 0.0;
    for (std::size_t k = 0; k < today.size(); ++k) {
      difference += std::pow(static_cast<double>(stored[k]) - today[k], 2);
      energy += std::pow(today[k], 2);
    }
    if (difference <= kSameGathers * kSameGathers * energy) return;
    throw MismatchError(fmt::format("{}: expected the gathers that are simulated today, found others; {}",
                                    file.string(), kOtherFolder));
  }

  /// Adds files to a folder with `existing` samples until it has `count`.
  void grow(const fs::path& folder, std::int64_t existing, std::int64_t files, std::int64_t count,
            const std::string& label, const std::function<bool()>& stop) const {
    Progress progress(context_, label, count, "examples");
    progress.skip(existing);
    while (existing < count) {
      const std::int64_t samples = std::min(kSamplesPerFile, count - existing);
      data::write_sample_files(folder, {++files, 0}, maker_, {existing, samples}, [&](std::int64_t done) {
        if (stop()) throw InterruptedError(fmt::format("{}: stopped before the data were complete", folder.string()));
        progress.update(existing + done);
      });
      existing += samples;
      progress.update(existing);
    }
  }

  [[nodiscard]] data::DatasetInfo info(std::int64_t count) const {
    return data::dataset_info_of(maker_, domain_.name, count);
  }

 private:
  const DomainConfig& domain_;
  const Context& context_;
  data::SampleMaker maker_;
};

/// Files that have their partner, counted from the first without a gap, and the samples in them.
std::pair<std::int64_t, std::int64_t> count_files(const fs::path& folder) {
  std::int64_t files = 0;
  std::int64_t samples = 0;
  for (;; ++files) {
    const data::ShardName name{files + 1, 0};
    if (!fs::exists(folder / name.velocity_file()) || !fs::exists(folder / name.gathers_file())) break;
    samples += io::NpyReader(folder / name.velocity_file()).count();
  }
  return {files, samples};
}

void prepare_folder(const fs::path& folder, const nlohmann::json& description) {
  const auto is_data = [](std::string_view name) {
    return name == data::kDatasetInfoFile || data::parse_file_name(name).has_value();
  };
  io::RunFiles files{.state = kDescriptionFile, .is_own = is_data, .advice = kOtherFolder};
  io::RunFolder(folder, std::move(files), io::EarlierRun::kResumeIfThere).configure(description);
}

}  // namespace

StudyData::StudyData(const StudyConfig& config, fs::path folder, std::int64_t decimation, std::function<bool()> stop,
                     Context context)
    : config_(config), folder_(std::move(folder)), decimation_(decimation), stop_(std::move(stop)),
      context_(std::move(context)) {}

const Samples& StudyData::part(const DomainConfig& domain, Part part, std::uint64_t seed, std::int64_t count,
                               const std::string& name) {
  Samples& samples = opened_[fmt::format("{}/{}/{}", domain.name, name, count)];
  if (samples.dataset != nullptr) return samples;
  const bool flip_shot = part == Part::kTraining && config_.data.flip_shot;
  const SampleWriter writer(domain, part, seed, decimation_, flip_shot, context_);
  const fs::path folder = folder_ / domain.name / name;
  prepare_folder(folder, writer.description());
  const auto [files, existing] = count_files(folder);
  // Left over from a run that was killed between the two files of a pair.
  fs::remove(folder / data::ShardName{files + 1, 0}.gathers_file());
  if (existing > 0) writer.require_same_maps(folder);
  if (existing < count || !fs::exists(folder / data::kDatasetInfoFile)) {
    if (existing > 0) writer.require_same_gathers(folder);
    writer.grow(folder, existing, files, count, fmt::format("{} {}", domain.name, name), stop_);
    data::write_dataset_info(folder, writer.info(std::max(existing, count)), Overwrite::kAllow);
  }
  std::vector<std::int64_t> first(static_cast<std::size_t>(count));
  std::iota(first.begin(), first.end(), std::int64_t{0});
  samples.dataset = data::make_subset(data::open_dataset(folder, {}, context_), std::move(first));
  samples.fingerprint = data::fingerprint_of(*samples.dataset, samples.dataset->size());
  return samples;
}

const Samples& StudyData::test(const DomainConfig& domain) {
  return part(domain, Part::kTest, config_.data.seed, config_.data.test, "test");
}

const Samples& StudyData::validation(const DomainConfig& domain) {
  return part(domain, Part::kValidation, config_.data.seed + 1, config_.data.validation, "validation");
}

const Samples& StudyData::training(const DomainConfig& domain, std::uint64_t seed, std::int64_t size) {
  return part(domain, Part::kTraining, config_.data.seed + 2 + seed, size, fmt::format("training-{}", seed));
}

const Samples& StudyData::mixed() {
  Samples& samples = opened_["mixed"];
  if (samples.dataset != nullptr) return samples;
  data::GenerateOptions options;
  options.families = geology::families();
  options.count = config_.data.mixed;
  options.seed = config_.data.seed + 2;
  options.output = folder_ / "mixed";
  options.decimation = decimation_;
  data::generate_dataset(options, context_);
  samples.dataset = data::open_dataset(options.output, {}, context_);
  samples.fingerprint = data::fingerprint_of(*samples.dataset, samples.dataset->size());
  return samples;
}

}  // namespace strataform::study
