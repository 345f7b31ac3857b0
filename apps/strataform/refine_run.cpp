#include "refine_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "refine_record.h"
#include "refine_run_folder.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/core/fingerprint.h"
#include "strataform/data/acquisition_json.h"
#include "strataform/data/array_files.h"
#include "strataform/data/dataset_info.h"
#include "strataform/io/npy.h"

namespace strataform::app {
namespace {

namespace fs = std::filesystem;

class RefineRun {
 public:
  RefineRun(const RefineArguments& arguments, const Context& context)
      : arguments_(arguments), context_(context),
        overwrite_(arguments.force || arguments.resume ? Overwrite::kAllow : Overwrite::kRefuse),
        data_(arguments.data, /*decimation=*/1), initial_(arguments.initial) {
    if (!arguments.truth.empty()) truth_.emplace(arguments.truth);
    acquisition_ = make_acquisition(arguments.survey, initial_.nx());
    acquisition_.samples = data_.shape().samples;
    require_recorded_samples();
    check_files();
    refine::check(arguments.options, acquisition_, initial_.nz(), initial_.nx());
    if (arguments.figure_every < 0) {
      throw UsageError(fmt::format("--figure-every: expected zero or more, found {}", arguments.figure_every));
    }
    check_output_path(arguments.output, overwrite_);
    configuration_ = describe();
    warn_of_dispersion(acquisition_, slowest_, context_);
  }

  void run() {
    const fs::path path =
        arguments_.run_folder.empty() ? path_beside(arguments_.output, ".run") : arguments_.run_folder;
    RefineRunFolder folder(path, configuration_, arguments_.resume, overwrite_);
    std::vector<std::int64_t> shape{initial_.nz(), initial_.nx()};
    if (!initial_.single()) shape.insert(shape.begin(), initial_.count());
    io::NpyWriter writer(arguments_.output, io::DType::kFloat32, shape, overwrite_);
    Progress progress(context_, "refine", initial_.count() * arguments_.options.gradients, "gradients");
    for (std::int64_t index = 0; index < initial_.count(); ++index) {
      std::optional<std::vector<float>> velocity = folder.finished(index);
      if (!velocity) velocity = refine_or_stop(index, progress, folder);
      writer.append(*velocity);
      progress.update((index + 1) * arguments_.options.gradients);
    }
    writer.commit();
    progress.finish();
    report(io::NpyReader(arguments_.output).read_all());
  }

 private:
  [[nodiscard]] std::int64_t cells() const { return initial_.nz() * initial_.nx(); }

  /// The data beside which a dataset.json lies may be means.
  void require_recorded_samples() const {
    const std::optional<data::DatasetInfo> info = data::read_dataset_info(arguments_.data.parent_path());
    if (!info || info->decimation == 1) return;
    throw MismatchError(fmt::format("{}: expected gathers as they were recorded, found means over {} samples",
                                    arguments_.data.string(), info->decimation));
  }

  /// A model in km/s would be clamped to a flat one.
  void require_some_within_bounds(const std::vector<float>& model, std::int64_t index) const {
    const auto [slowest, fastest] = std::ranges::minmax(model);
    const refine::RefineOptions& options = arguments_.options;
    if (fastest >= options.slowest && slowest <= options.fastest) return;
    throw InputError(
        fmt::format("{}: expected velocities of {} to {} m/s (--slowest, --fastest), found {} to {} in "
                    "model {}",
                    arguments_.initial.string(), options.slowest, options.fastest, slowest, fastest, index));
  }

  void check_files() const {
    const data::GatherShape& shape = data_.shape();
    if (data_.count() != initial_.count()) {
      throw MismatchError(fmt::format("{}: expected as many models as {} has gathers, {}, found {}",
                                      arguments_.initial.string(), arguments_.data.string(), data_.count(),
                                      initial_.count()));
    }
    if (truth_ &&
        (truth_->count() != initial_.count() || truth_->nz() != initial_.nz() || truth_->nx() != initial_.nx())) {
      throw MismatchError(fmt::format("{}: expected {} models of {} x {} cells, found {} of {} x {}",
                                      arguments_.truth.string(), initial_.count(), initial_.nz(), initial_.nx(),
                                      truth_->count(), truth_->nz(), truth_->nx()));
    }
    if (shape.shots != std::ssize(acquisition_.sources) || shape.receivers != std::ssize(acquisition_.receivers)) {
      throw MismatchError(fmt::format("{}: expected gathers of {} shots and {} receivers, found {} and {}",
                                      arguments_.data.string(), acquisition_.sources.size(),
                                      acquisition_.receivers.size(), shape.shots, shape.receivers));
    }
  }

  /// What makes the result, for --resume: reads all input, so that a value that is not finite is found now.
  [[nodiscard]] nlohmann::json describe() {
    Fingerprint data;
    Fingerprint initial;
    std::vector<float> gathers(static_cast<std::size_t>(data_.shape().size()));
    for (std::int64_t index = 0; index < initial_.count(); ++index) {
      data_.read(index, gathers);
      data.add(gathers);
      const std::vector<float> model = model_of(initial_, index);
      initial.add(model);
      require_some_within_bounds(model, index);
      slowest_ = std::min(slowest_, std::ranges::min(model));
      if (truth_) (void)model_of(*truth_, index);
    }
    const refine::RefineOptions& options = arguments_.options;
    return {{"data", data.text()},
            {"initial", initial.text()},
            {"survey", data::to_json(acquisition_)},
            {"misfit", arguments_.misfit},
            {"optimizer", arguments_.optimizer},
            {"gradients", options.gradients},
            {"frequencies", options.frequencies},
            {"bounds", {options.slowest, options.fastest}},
            {"first_step", options.first_step},
            {"learning_rate", options.learning_rate},
            {"decay", arguments_.decay},
            {"total_variation", options.total_variation},
            {"tikhonov", options.tikhonov},
            {"illumination", options.illumination},
            {"mask", options.mask},
            {"estimate", arguments_.estimate},
            {"storage", arguments_.storage},
            {"storage_step", options.wavefield.every},
            {"signal_to_noise", options.signal_to_noise ? nlohmann::json(*options.signal_to_noise) : nlohmann::json()}};
  }

  [[nodiscard]] std::vector<float> model_of(const data::VelocityFile& file, std::int64_t index) const {
    std::vector<float> model(static_cast<std::size_t>(cells()));
    file.read(index, model);
    return model;
  }

  [[nodiscard]] std::optional<RefineFigures> figures() const {
    if (arguments_.figures.empty()) return std::nullopt;
    return RefineFigures{arguments_.figures, arguments_.figure_every, overwrite_};
  }

  std::vector<float> refine_or_stop(std::int64_t index, Progress& progress, RefineRunFolder& folder) {
    try {
      return refine_one(index, progress, folder);
    } catch (const InterruptedError&) {
      folder.keep();
      throw InterruptedError(
          fmt::format("interrupted: {} models are finished; continue with the same command and --resume", index));
    }
  }

  std::vector<float> refine_one(std::int64_t index, Progress& progress, RefineRunFolder& folder) {
    std::vector<float> recorded(static_cast<std::size_t>(data_.shape().size()));
    data_.read(index, recorded);
    RefineModel model{index, initial_.nz(), initial_.nx(), acquisition_.spacing, model_of(initial_, index), {}};
    for (float& value : model.initial) {
      value = std::clamp(value, static_cast<float>(arguments_.options.slowest),
                         static_cast<float>(arguments_.options.fastest));
    }
    if (truth_) model.truth = model_of(*truth_, index);
    RefineRecord record(model, figures());
    const auto watch = [&](const refine::RefineStep& step) {
      const std::string note = record.add(step);
      progress.update(index * arguments_.options.gradients + step.gradients, note);
      return false;  // the context stops it
    };
    const refine::RefinedModel result =
        refine::refine(model.initial, model.nz, model.nx, recorded, acquisition_, arguments_.options, watch, context_);
    if (result.stopped == refine::Stopped::kDiverged) {
      context_.warn(
          fmt::format("model {} diverged after {} gradients: the best model so far is kept", index, result.gradients));
    }
    folder.keep(index, result.velocity, model.nz, model.nx, record.finish(result));
    return result.velocity;
  }

  void report(const std::vector<float>& refined) const {
    fmt::print("{}: {} models\n", arguments_.output.string(), initial_.count());
    if (!truth_) return;
    double before = 0.0;
    double after = 0.0;
    fmt::print("{:<10}{:>16}{:>16}\n", "model", "before (m/s)", "after (m/s)");
    for (std::int64_t index = 0; index < initial_.count(); ++index) {
      const std::vector<float> truth = model_of(*truth_, index);
      const double was = refine_error(model_of(initial_, index), truth);
      const double is = refine_error(
          std::span(refined).subspan(static_cast<std::size_t>(index * cells()), static_cast<std::size_t>(cells())),
          truth);
      fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", index, was, is);
      before += was / static_cast<double>(initial_.count());
      after += is / static_cast<double>(initial_.count());
    }
    fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", "mean", before, after);
  }

  const RefineArguments& arguments_;
  const Context& context_;
  Overwrite overwrite_;
  data::GatherFile data_;
  data::VelocityFile initial_;
  std::optional<data::VelocityFile> truth_;
  wave::Acquisition acquisition_;
  float slowest_ = std::numeric_limits<float>::max();  ///< of all models to start from, m/s
  nlohmann::json configuration_;
};

}  // namespace

void run_refine(const RefineArguments& arguments, const Context& context) { RefineRun(arguments, context).run(); }

}  // namespace strataform::app
