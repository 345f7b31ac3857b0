#include "strataform/workflow/refine_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "strataform/core/error.h"
#include "strataform/core/fingerprint.h"
#include "strataform/data/array_files.h"
#include "strataform/data/axes.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/resample.h"
#include "strataform/io/npy.h"
#include "strataform/survey/modelling_json.h"
#include "strataform/wave/stability.h"
#include "strataform/workflow/map_difference.h"
#include "strataform/workflow/recording_check.h"
#include "strataform/workflow/refine_record.h"
#include "strataform/workflow/refine_run_folder.h"

namespace strataform::workflow {
namespace {

namespace fs = std::filesystem;

std::vector<float> map_of(const data::VelocityFile& file, std::int64_t index) {
  std::vector<float> map(static_cast<std::size_t>(file.nz() * file.nx()));
  file.read(index, map);
  return map;
}

class RefineRun {
 public:
  RefineRun(const RefineFilesOptions& options, const Context& context)
      : options_(options), context_(context), overwrite_(options.resume ? Overwrite::kAllow : options.overwrite),
        data_(data::open_gathers(options.data)), initial_(options.initial, data::velocity_range(options.mismatch)),
        modelling_(options.modelling) {
    if (!options.truth.empty()) truth_.emplace(options.truth, data::velocity_range(options.mismatch));
    require_recorded_samples();
    if (options.sample_interval) {
      data_ = data::resampled(data_, {*options.sample_interval, modelling_.survey.sample_interval});
    }
    modelling_.survey.samples = data_->gather_shape().samples;
    check_files();
    refine::check(options.refine, modelling_);
    if (options.figure_every < 0) {
      throw UsageError(fmt::format("`figure_every`: expected zero or more, found {}", options.figure_every));
    }
    check(options.figures);
    check_output_path(options.output, overwrite_);
    configuration_ = read_all();
    check_recording();
    const std::string warning = wave::dispersion_warning(modelling_, slowest_);
    if (!warning.empty()) context.warn(warning);
  }

  RefineFilesResult run() {
    const fs::path path = options_.run_dir.empty() ? path_beside(options_.output, ".run") : options_.run_dir;
    RefineRunFolder folder(path, configuration_, io::earlier_run(options_.resume, overwrite_));
    std::vector<std::int64_t> shape{initial_.nz(), initial_.nx()};
    if (!initial_.single()) shape.insert(shape.begin(), initial_.count());
    io::NpyWriter writer(options_.output, io::DType::kFloat32, shape, overwrite_);
    Progress progress(context_, "refine", initial_.count() * options_.refine.gradients, "gradients");
    RefineFilesResult result;
    result.models = initial_.count();
    for (std::int64_t index = 0; index < initial_.count(); ++index) {
      std::optional<std::vector<float>> velocity = folder.finished(index);
      if (!velocity) velocity = refine_or_stop(index, progress, folder);
      writer.append(*velocity);
      progress.update((index + 1) * options_.refine.gradients);
      const nlohmann::json record = folder.record(index);
      result.misfits_before.push_back(record.at("first_misfit").get<double>());
      result.misfits_after.push_back(record.at("last_misfit").get<double>());
      if (!truth_) continue;
      const std::vector<float> truth = map_of(*truth_, index);
      result.errors_before.push_back(mean_absolute_difference(map_of(initial_, index), truth));
      result.errors_after.push_back(mean_absolute_difference(*velocity, truth));
    }
    writer.commit();
    progress.finish();
    return result;
  }

 private:
  /// The data beside which a dataset.json lies may be means.
  void require_recorded_samples() const {
    const std::optional<data::DatasetInfo> info = data::read_dataset_info(options_.data.parent_path());
    if (!info || info->decimation == 1) return;
    throw MismatchError(fmt::format("{}: expected gathers as they were recorded, found means over {} time samples",
                                    options_.data.string(), info->decimation));
  }

  /// A model in km/s would be clamped to a flat one.
  void require_some_within_bounds(const std::vector<float>& model, std::int64_t index) const {
    const auto [slowest, fastest] = std::ranges::minmax(model);
    const refine::RefineOptions& options = options_.refine;
    if (fastest >= options.slowest && slowest <= options.fastest) return;
    throw InputError(
        fmt::format("{}: expected velocities of {} to {} m/s (`slowest`, `fastest`), found {} to {} in map {}",
                    options_.initial.string(), options.slowest, options.fastest, slowest, fastest, index));
  }

  /// What is known to lead nowhere, before anything is computed: data without a live trace, or of another time step or
  /// polarity than what is simulated.
  void check_recording() const {
    const std::string name = options_.data.string();
    // Nothing can be fitted to them, whoever insists.
    if (!dead_.empty()) throw InputError(fmt::format("{}: {}", name, data::dead_findings(dead_).front().text));
    if (options_.refine.estimate != refine::SourceEstimate::kNone) return;
    report(recording_findings(*data_, 0, start_of(0), modelling_, context_), name, options_.mismatch, context_);
  }

  void check_files() const {
    const data::GatherShape shape = data_->gather_shape();
    if (data_->size() != initial_.count()) {
      throw MismatchError(fmt::format("{}: expected as many velocity maps as {} has examples, {}, found {}",
                                      options_.initial.string(), options_.data.string(), data_->size(),
                                      initial_.count()));
    }
    if (truth_ &&
        (truth_->count() != initial_.count() || truth_->nz() != initial_.nz() || truth_->nx() != initial_.nx())) {
      throw MismatchError(fmt::format("{}: expected {} velocity maps of {} x {} cells, found {} of {} x {}",
                                      options_.truth.string(), initial_.count(), initial_.nz(), initial_.nx(),
                                      truth_->count(), truth_->nz(), truth_->nx()));
    }
    data::require_survey(shape, modelling_.survey, options_.data.string());
  }

  /// Of the cells of a map, those that the bounds clip.
  [[nodiscard]] double share_outside(const std::vector<float>& map) const {
    const auto is_outside = [&](float value) {
      return value < static_cast<float>(options_.refine.slowest) || value > static_cast<float>(options_.refine.fastest);
    };
    return static_cast<double>(std::ranges::count_if(map, is_outside)) / static_cast<double>(map.size());
  }

  void warn_of_clipping(const std::vector<double>& clipped) const {
    const auto most = std::ranges::max_element(clipped);
    if (*most == 0.0) return;
    context_.warn(fmt::format(
        "{}: {} of {} starting maps are clipped to {} to {} m/s (`slowest`, `fastest`), at most {:.1f} % of the cells, "
        "in map {}",
        options_.initial.string(), std::ranges::count_if(clipped, [](double share) { return share > 0.0; }),
        clipped.size(), options_.refine.slowest, options_.refine.fastest, 100.0 * *most,
        std::distance(clipped.begin(), most)));
  }

  /// All input, so that a value that is not finite is found now. Returns what makes the result, for a run that is
  /// resumed.
  [[nodiscard]] nlohmann::json read_all() {
    Fingerprint data;
    Fingerprint initial;
    std::vector<float> gathers(static_cast<std::size_t>(data_->gather_shape().size()));
    std::vector<double> clipped;
    for (std::int64_t index = 0; index < initial_.count(); ++index) {
      data_->read_gathers(index, gathers);
      if (!data::has_live_trace(gathers, data_->gather_shape())) dead_.push_back(index);
      data.add(gathers);
      const std::vector<float> model = map_of(initial_, index);
      initial.add(model);
      require_some_within_bounds(model, index);
      clipped.push_back(share_outside(model));
      slowest_ = std::min(slowest_, std::ranges::min(model));
      if (truth_) (void)map_of(*truth_, index);
    }
    warn_of_clipping(clipped);
    nlohmann::json configuration = refine::identity_of(options_.refine);
    configuration["data"] = data.text();
    configuration["initial"] = initial.text();
    if (options_.sample_interval) configuration["sample_interval"] = *options_.sample_interval;
    configuration["modelling"] = survey::to_json(modelling_);
    return configuration;
  }

  [[nodiscard]] std::optional<RefineFigures> figures() const {
    if (options_.figures.path.empty()) return std::nullopt;
    return RefineFigures{options_.figures, options_.figure_every, overwrite_, stage_names(options_.refine.frequencies)};
  }

  std::vector<float> refine_or_stop(std::int64_t index, Progress& progress, RefineRunFolder& folder) {
    try {
      return refine_one(index, progress, folder);
    } catch (const InterruptedError&) {
      folder.keep();
      throw InterruptedError(
          fmt::format("interrupted: {} maps are finished; continue with the same command and `resume`", index));
    }
  }

  /// A starting map within the bounds.
  [[nodiscard]] std::vector<float> start_of(std::int64_t index) const {
    std::vector<float> map = map_of(initial_, index);
    for (float& value : map) {
      value =
          std::clamp(value, static_cast<float>(options_.refine.slowest), static_cast<float>(options_.refine.fastest));
    }
    return map;
  }

  std::vector<float> refine_one(std::int64_t index, Progress& progress, RefineRunFolder& folder) {
    std::vector<float> recorded(static_cast<std::size_t>(data_->gather_shape().size()));
    data_->read_gathers(index, recorded);
    RefineModel model{index, initial_.nz(), initial_.nx(), modelling_.grid.spacing, start_of(index), {}};
    if (truth_) model.truth = map_of(*truth_, index);
    RefineRecord record(model, figures());
    const auto watch = [&](const refine::RefineStep& step) {
      const std::string note = record.add(step);
      progress.update(index * options_.refine.gradients + step.gradients, note);
      return false;  // the context stops it
    };
    const refine::RefinedModel result =
        refine::refine(model.initial, recorded, modelling_, options_.refine, watch, context_);
    if (result.stopped == refine::Stopped::kDiverged) {
      context_.warn(
          fmt::format("map {} diverged after {} gradients: the best map so far is kept", index, result.gradients));
    }
    folder.keep(index, result.velocity, model.nz, model.nx, record.finish(result));
    return result.velocity;
  }

  const RefineFilesOptions& options_;
  const Context& context_;
  Overwrite overwrite_;
  std::shared_ptr<const data::GatherSource> data_;
  data::VelocityFile initial_;
  std::optional<data::VelocityFile> truth_;
  survey::Modelling modelling_;
  float slowest_ = std::numeric_limits<float>::max();  ///< of all models to start from, m/s
  std::vector<std::int64_t> dead_;                     ///< examples without a live trace
  nlohmann::json configuration_;
};

}  // namespace

RefineFilesResult refine_files(const RefineFilesOptions& options, const Context& context) {
  return RefineRun(options, context).run();
}

}  // namespace strataform::workflow
