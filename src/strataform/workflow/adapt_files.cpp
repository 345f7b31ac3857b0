#include "strataform/workflow/adapt_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "strataform/adapt/fit.h"
#include "strataform/adapt/network_maps.h"
#include "strataform/core/error.h"
#include "strataform/core/fingerprint.h"
#include "strataform/core/mean.h"
#include "strataform/core/version.h"
#include "strataform/io/npy.h"
#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/train/named_tensors.h"
#include "strataform/workflow/adapt_input.h"
#include "strataform/workflow/map_difference.h"
#include "strataform/workflow/recording_check.h"
#include "strataform/workflow/refine_record.h"
#include "strataform/workflow/refine_run_folder.h"

namespace strataform::workflow {
namespace {

namespace fs = std::filesystem;

Overwrite overwrite_of(const AdaptFilesOptions& options) {
  return options.resume ? Overwrite::kAllow : options.overwrite;
}

void check_adapt_output(const AdaptFilesOptions& options) {
  const Overwrite overwrite = overwrite_of(options);
  const bool is_model = peft::find_method(options.adapt.adapter.method).makes_model();
  if (options.output.empty() && !options.each_gather) throw UsageError("`output`: expected a folder for the adapter");
  if (options.output.empty() && options.maps.empty()) {
    throw UsageError("`maps`: expected a file for the maps, or an `output` for the adapters");
  }
  if (!options.maps.empty()) check_output_path(options.maps, overwrite);
  if (!options.each_gather) {
    if (!options.figures.path.empty()) throw UsageError("`figures`: expected none without `each_gather`");
    if (is_model) return check_output_path(options.output, overwrite);
    return peft::check_adapter_output(options.output, overwrite);
  }
  check(options.figures);
  if (options.figure_every < 0) {
    throw UsageError(fmt::format("`figure_every`: expected zero or more, found {}", options.figure_every));
  }
  if (options.output.empty()) return;
  if (is_model) throw UsageError("`output`: expected none with `each_gather` and a method whose result is a network");
  if (overwrite == Overwrite::kRefuse && fs::exists(options.output) && !fs::is_empty(options.output)) {
    throw IoError(fmt::format("{}: exists", options.output.string()));
  }
}

fs::path run_folder_of(const AdaptFilesOptions& options) {
  if (!options.run_dir.empty()) return options.run_dir;
  return path_beside(options.output.empty() ? options.maps : options.output, ".run");
}

/// A fresh adapter, or the one to begin with, whose options then are those of the run.
std::shared_ptr<peft::Adapter> adapter_to_train(const AdaptFilesOptions& options, const model::Model& model,
                                                adapt::AdaptOptions& adapt) {
  if (!options.adapter.empty()) {
    std::shared_ptr<peft::Adapter> adapter = peft::load_adapter(options.adapter, model);
    adapt.adapter = adapter->options();
    return adapter;
  }
  adapt.adapter.seed = adapt.train.seed;
  return std::make_shared<peft::Adapter>(model.backbone, adapt.adapter);
}

class AdaptRun {
 public:
  AdaptRun(const AdaptFilesOptions& options, const Context& context)
      : options_(options), context_(context), adapt_(options.adapt), input_(read_adapt_input(options, context)) {
    adapter_ = adapter_to_train(options, input_.model, adapt_);
    if (!options.adapter.empty()) input_.identity["adapter_to_begin_with"] = begun_with();
    check_gathers();
    if (options.announce) options.announce(adapter_->report());
    result_.gathers = input_.source->size();
  }

  AdaptFilesResult run() {
    if (options_.each_gather) {
      run_each();
    } else {
      run_survey();
    }
    return std::move(result_);
  }

 private:
  void check_gathers() const {
    if (adapt_.physics.estimate == refine::SourceEstimate::kNone) check_recording();
    // No refusal: the adapter is to learn what the network does not know.
    report(data::input_findings(*input_.source, input_.model.input), input_.source->name(), data::Mismatch::kAccept,
           context_);
  }

  /// What is simulated has to fit what was recorded.
  void check_recording() const {
    std::vector<float> map = maps_now(std::array<std::int64_t, 1>{0});
    for (float& velocity : map) {
      velocity =
          std::clamp(velocity, static_cast<float>(adapt_.physics.slowest), static_cast<float>(adapt_.physics.fastest));
    }
    report(recording_findings(*input_.source, 0, map, input_.modelling, context_), input_.source->name(),
           options_.mismatch, context_);
  }

  [[nodiscard]] std::size_t cells() const { return static_cast<std::size_t>(input_.nz() * input_.nx()); }

  [[nodiscard]] std::string begun_with() const {
    Fingerprint fingerprint;
    for (const auto& [name, tensor] : adapter_->state()) {
      fingerprint.add(name);
      fingerprint.add(adapt::values_of(tensor));
    }
    return fingerprint.text();
  }

  [[nodiscard]] adapt::FitTask task_of(std::vector<std::int64_t> gathers) const {
    return {.model = input_.model,
            .parameters = adapter_->trainable(),
            .source = *input_.source,
            .gathers = std::move(gathers),
            .modelling = input_.modelling,
            .identity = input_.identity};
  }

  [[nodiscard]] nlohmann::json provenance(const nlohmann::json& gathers, const adapt::FitResult& fitted) const {
    nlohmann::json data = {
        {"file", options_.data.filename().string()}, {"fingerprint", input_.identity["data"]}, {"gathers", gathers}};
    return {{"program", fmt::format("strataform {}", kVersion)},
            {"command", options_.command},
            {"kind", "adapt"},
            {"base", {{"file", options_.model.filename().string()}, {"fingerprint", input_.model.fingerprint}}},
            {"data", std::move(data)},
            {"modelling", input_.identity["modelling"]},
            {"options", adapt::to_json(adapt_)},
            {"result", adapt::to_json(fitted)}};
  }

  [[nodiscard]] double error_of(std::int64_t index, std::span<const float> map) const {
    return mean_absolute_difference(map, input_.truth_of(index));
  }

  void run_survey() {
    adapt_.train.run_folder = run_folder_of(options_);
    adapt_.train.resume = options_.resume;
    adapt_.train.overwrite = options_.overwrite;
    adapt_.train.command = options_.command;
    std::vector<std::int64_t> all(static_cast<std::size_t>(result_.gathers));
    std::iota(all.begin(), all.end(), 0);
    if (input_.truth) note_errors(result_.errors_before, maps_now(all));
    std::vector<double> errors = result_.errors_before;
    const bool by_time = adapt_.train.max_minutes > 0.0;
    Progress progress(context_, "adapt",
                      by_time ? static_cast<std::int64_t>(60.0 * adapt_.train.max_minutes)
                              : result_.gathers * adapt_.physics.gradients,
                      by_time ? kSeconds : "gradients");
    bool begun = false;
    const auto watch = [&](const adapt::FitStep& step) {
      if (!std::exchange(begun, true) && !by_time) progress.skip(step.skipped);
      std::string note = fmt::format("misfit {:.4g}, best {:.4g}", step.misfit, step.best);
      if (input_.truth) {
        for (std::size_t k = 0; k < step.gathers.size(); ++k) {
          errors[static_cast<std::size_t>(step.gathers[k])] =
              error_of(step.gathers[k], step.maps.subspan(k * cells(), cells()));
        }
        note += fmt::format(", MAE {:.1f} m/s", mean_of(errors));
      }
      progress.update(by_time ? static_cast<std::int64_t>(step.seconds) : step.gradients, note);
    };
    const adapt::FitTask task = task_of(all);
    const adapt::FitResult fitted = adapt::fit(task, adapt_, watch, context_);
    progress.finish();
    take(fitted);
    result_.first_misfit = fitted.first_misfit;
    result_.last_misfit = fitted.last_misfit;
    note_errors(result_.errors_after, fitted.maps);
    save(options_.output, provenance(result_.gathers, fitted));
    if (options_.maps.empty()) return;
    io::write_npy(options_.maps, fitted.maps, {result_.gathers, input_.nz(), input_.nx()}, io::DType::kFloat32,
                  overwrite_of(options_));
  }

  /// Of these gathers, as the adapter is now.
  [[nodiscard]] std::vector<float> maps_now(std::span<const std::int64_t> gathers) const {
    return adapt::NetworkMaps(input_.model, *input_.source, input_.modelling, context_).maps(gathers);
  }

  void note_errors(std::vector<double>& errors, std::span<const float> maps) const {
    if (!input_.truth) return;
    for (std::int64_t index = 0; index < result_.gathers; ++index) {
      errors.push_back(error_of(index, maps.subspan(static_cast<std::size_t>(index) * cells(), cells())));
    }
  }

  void take(const adapt::FitResult& fitted) {
    result_.gradients += fitted.gradients;
    result_.setbacks += fitted.setbacks;
    result_.seconds += fitted.seconds;
    result_.ended = name_of(fitted.ending);
    if (fitted.is_start) context_.warn("no maps were found that explain the gathers better than those at the start");
  }

  void save(const fs::path& output, const nlohmann::json& record) {
    if (!adapter_->method().makes_model()) {
      peft::save_adapter(output, *adapter_, input_.model.fingerprint, record, overwrite_of(options_));
      return;
    }
    model::Model& model = input_.model;
    model.unmerged = nullptr;  // what it was merged from is no longer below these weights
    model.provenance = record;
    model.backbone->to(torch::kCPU);
    model::save_model(output, model, io::DType::kFloat16, overwrite_of(options_));
  }

  void run_each() {
    adapt_.train.batch_size = 1;
    nlohmann::json configuration = adapt::identity_of(adapt_);
    configuration.update(input_.identity);
    RefineRunFolder folder(run_folder_of(options_), configuration,
                           io::earlier_run(options_.resume, options_.overwrite));
    if (!options_.output.empty()) fs::create_directories(options_.output);
    const nn::NamedTensors start = train::copies_of(adapter_->trainable(), "");
    std::vector<float> maps;
    Progress progress(context_, "adapt", result_.gathers * adapt_.physics.gradients, "gradients");
    for (std::int64_t index = 0; index < result_.gathers; ++index) {
      {
        const torch::NoGradGuard no_grad;
        train::copy_values(start, adapter_->trainable());
      }
      std::vector<float> initial = maps_now(std::vector{index});
      if (input_.truth) result_.errors_before.push_back(error_of(index, initial));
      std::optional<std::vector<float>> map = folder.finished(index);
      if (!map) map = fit_or_stop(index, std::move(initial), progress, folder);
      if (input_.truth) result_.errors_after.push_back(error_of(index, *map));
      maps.insert(maps.end(), map->begin(), map->end());
      progress.update((index + 1) * adapt_.physics.gradients);
    }
    progress.finish();
    if (options_.maps.empty()) return;
    io::write_npy(options_.maps, maps, {result_.gathers, input_.nz(), input_.nx()}, io::DType::kFloat32,
                  overwrite_of(options_));
  }

  std::vector<float> fit_or_stop(std::int64_t index, std::vector<float> initial, Progress& progress,
                                 RefineRunFolder& folder) {
    try {
      return fit_one(index, std::move(initial), progress, folder);
    } catch (const InterruptedError&) {
      folder.keep();
      throw InterruptedError(
          fmt::format("interrupted: {} gathers are finished; continue with the same command and `resume`", index));
    }
  }

  std::vector<float> fit_one(std::int64_t index, std::vector<float> initial, Progress& progress,
                             RefineRunFolder& folder) {
    const RefineModel start{
        index, input_.nz(), input_.nx(), input_.modelling.grid.spacing, std::move(initial), input_.truth_of(index)};
    std::optional<RefineFigures> figures;
    if (!options_.figures.path.empty()) {
      figures = RefineFigures{options_.figures, options_.figure_every, overwrite_of(options_),
                              stage_names(adapt_.physics.frequencies)};
    }
    RefineRecord record(start, figures);
    const auto watch = [&](const adapt::FitStep& step) {
      const std::string note = record.add({.gradients = step.gradients,
                                           .stage = static_cast<std::size_t>(step.stage),
                                           .misfit = step.misfit,
                                           .velocity = step.maps});
      progress.update(index * adapt_.physics.gradients + step.gradients, note);
    };
    adapt::AdaptOptions options = adapt_;
    // What is left of the time is for the gathers that are left.
    if (options.train.max_minutes > 0.0) {
      const double left = std::max(1e-3, options.train.max_minutes - result_.seconds / 60.0);
      options.train.max_minutes = left / static_cast<double>(result_.gathers - index);
    }
    const adapt::FitTask task = task_of({index});
    const adapt::FitResult fitted = adapt::fit(task, options, watch, context_);
    take(fitted);
    const auto done = static_cast<double>(++fitted_);
    result_.first_misfit += (fitted.first_misfit - result_.first_misfit) / done;
    result_.last_misfit += (fitted.last_misfit - result_.last_misfit) / done;
    if (!options_.output.empty()) {
      save(options_.output / fmt::format("gather_{:05}", index), provenance({index}, fitted));
    }
    refine::RefinedModel refined;
    refined.velocity = fitted.maps;
    refined.gradients = fitted.gradients;
    refined.first_misfit = fitted.first_misfit;
    refined.last_misfit = fitted.last_misfit;
    nlohmann::json json = record.finish(refined);
    json.erase("stopped");  // a refinement's word
    json.update(adapt::to_json(fitted));
    json["command"] = options_.command;
    folder.keep(index, fitted.maps, input_.nz(), input_.nx(), json);
    return fitted.maps;
  }

  const AdaptFilesOptions& options_;
  const Context& context_;
  adapt::AdaptOptions adapt_;
  AdaptInput input_;
  std::shared_ptr<peft::Adapter> adapter_;
  AdaptFilesResult result_;
  std::int64_t fitted_ = 0;  ///< gathers, in this stretch
};

}  // namespace

AdaptFilesResult adapt_files(const AdaptFilesOptions& options, const Context& context) {
  check_adapt_output(options);
  return AdaptRun(options, context).run();
}

}  // namespace strataform::workflow
