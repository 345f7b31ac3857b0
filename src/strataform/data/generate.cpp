#include "strataform/data/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/data/sample_files.h"
#include "strataform/data/sample_maker.h"
#include "strataform/io/npy.h"

namespace strataform::data {
namespace {
namespace fs = std::filesystem;

SampleMaker maker_for(const GenerateOptions& options, const geology::Family& family, const Context& context) {
  SampleOptions samples;
  samples.flip_shot = options.flip_shot;
  samples.decimation = options.decimation;
  samples.seed = options.seed;
  samples.velocity_only = options.velocity_only;
  samples.conditions = options.conditions;
  return {family_maps(family, samples.size), samples, {.context = context}};
}

/// Makes the files of one family.
class FamilyWriter {
 public:
  FamilyWriter(const GenerateOptions& options, const geology::Family& family, fs::path folder, const Context& context)
      : options_(options), family_(family), folder_(std::move(folder)), context_(context),
        maker_(maker_for(options, family, context)) {}

  void run() {
    prepare_folder();
    Progress progress(context_, fmt::format("{:<13}", family_.title()), options_.count, "examples");
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
    const DatasetInfo info = dataset_info_of(maker_, family_.name(), options_.count);
    const io::RunFolder run = open_data_folder(folder_, options_.overwrite);
    if (run.is_resumed()) {
      DatasetInfo found = *read_dataset_info(folder_);
      const geology::MapSize& size = maker_.options().size;
      if (found.modelling) found.modelling->grid = survey::with_extent(found.modelling->grid, size.nz, size.nx);
      // Samples do not depend on how many there are, so a data set can grow.
      const bool grows = found.count < info.count;
      if (grows) found.count = info.count;
      run.require_same(to_json(found), to_json(info));
      if (!grows) return;
    }
    write_dataset_info(folder_, info, Overwrite::kAllow);
  }

  void write_file(const FilePlan& file, std::int64_t done_before, Progress& progress) const {
    const auto show_progress = [&](std::int64_t done) { progress.update(done_before + done); };
    try {
      write_sample_files(folder_, file.name, maker_, {file.first, file.samples, group_count()}, show_progress);
    } catch (const InterruptedError&) {
      throw InterruptedError(
          fmt::format("{}: stopped; the same command continues from the last whole file", options_.output.string()));
    }
    progress.update(done_before + file.samples);
  }

  const GenerateOptions& options_;
  const geology::Family& family_;
  fs::path folder_;
  const Context& context_;
  SampleMaker maker_;
};

void check(const GenerateOptions& options) {
  if (options.families.empty()) throw UsageError("generate: no family was chosen");
  data::check(options.conditions);
  if (options.count < 1) throw UsageError(fmt::format("`count`: expected at least 1, found {}", options.count));
}

}  // namespace

void generate_dataset(const GenerateOptions& options, const Context& context) {
  check(options);
  for (const geology::Family* family : options.families) {
    const bool several = options.families.size() > 1;
    FamilyWriter(options, *family, several ? options.output / family->name() : options.output, context).run();
  }
}

}  // namespace strataform::data
