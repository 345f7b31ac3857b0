#include "strataform/workflow/invert_and_fit.h"

#include <chrono>

#include "strataform/core/error.h"
#include "strataform/core/mean.h"
#include "strataform/data/array_files.h"
#include "strataform/io/npy.h"
#include "strataform/model/model.h"
#include "strataform/workflow/adapt_files.h"
#include "strataform/workflow/refine_files.h"

namespace strataform::workflow {
namespace {

namespace fs = std::filesystem;

/// Errors are known where the truth is.
std::optional<double> mean_error(const std::vector<double>& errors) {
  if (errors.empty()) return std::nullopt;
  return mean_of(errors);
}

/// Nothing is left of nothing.
double share_left(double before, double after) { return before > 0.0 ? after / before : 0.0; }

Overwrite overwrite_of(const InvertAndFitOptions& options) {
  return options.resume ? Overwrite::kAllow : options.invert.overwrite;
}

/// What the stages would refuse only when the one before them has ended.
void check(const InvertAndFitOptions& options) {
  const InvertFilesOptions& invert = options.invert;
  if (!options.fits()) {
    throw UsageError("`adapt`, `refine`: expected at least one of them to have gradients");
  }
  if (invert.adapters.size() > 1) throw UsageError("`adapter`: expected at most one with `adapt` or `refine`");
  if (invert.predict.slowest) throw UsageError("`slowest`: expected none with `adapt` or `refine`");
  if (options.adapts() && invert.predict.mirror) throw UsageError("`mirror`: expected none with `adapt`");
  check_output_path(invert.output, overwrite_of(options));
  survey::Modelling modelling;
  {
    const model::Model model = model::load_model(invert.model);
    modelling = options.modelling(model.shape().nz, model.shape().nx);
  }
  modelling.survey.samples = data::open_gathers(invert.data)->gather_shape().samples;
  if (invert.sample_interval) return;  // the number of time samples is not known yet
  if (options.adapts()) adapt::check(options.adapt, modelling);
  if (options.refines()) refine::check(options.refine, modelling);
}

class InvertAndFitRun {
 public:
  InvertAndFitRun(const InvertAndFitOptions& options, const Context& context)
      : options_(options), context_(context),
        run_(options.run_dir.empty() ? path_beside(options.invert.output, ".run") : options.run_dir) {}

  InvertAndFitResult run() {
    fs::create_directories(run_);
    fs::path maps = options_.adapts() ? adapt() : predict();
    if (options_.refines()) maps = refine(maps);
    const data::VelocityFile last(maps);
    const InvertFilesOptions& invert = options_.invert;
    result_.shape = {1, last.nz(), last.nx()};
    const auto source = data::open_gathers(invert.data);
    if (!source->is_single()) result_.shape.insert(result_.shape.begin(), source->size());
    io::write_npy(invert.output, io::NpyReader(maps).read_all(), result_.shape, io::DType::kFloat32,
                  overwrite_of(options_));
    return result_;
  }

 private:
  /// A run may have ended before one of its stages.
  [[nodiscard]] bool is_begun(const fs::path& stage) const { return options_.resume && fs::exists(stage); }

  fs::path predict() {
    InvertFilesOptions invert = options_.invert;
    invert.output = run_ / "predicted.npy";
    invert.figures = {};
    invert.truth.clear();
    invert.overwrite = overwrite_of(options_);
    (void)invert_files(invert, context_);
    return invert.output;
  }

  fs::path adapt() {
    const InvertFilesOptions& invert = options_.invert;
    AdaptFilesOptions adapt;
    adapt.model = invert.model;
    adapt.data = invert.data;
    adapt.each_gather = true;
    adapt.maps = run_ / "adapted.npy";
    if (!invert.adapters.empty()) adapt.adapter = invert.adapters.front();
    adapt.truth = invert.truth;
    adapt.run_dir = run_ / "adapt";
    if (!options_.refines()) adapt.figures = invert.figures;
    adapt.sample_interval = invert.sample_interval;
    adapt.mismatch = invert.mismatch;
    adapt.modelling = options_.modelling;
    adapt.adapt = options_.adapt;
    adapt.adapt.train.device = invert.device;
    adapt.resume = is_begun(adapt.run_dir);
    adapt.overwrite = overwrite_of(options_);
    adapt.command = options_.command;
    const AdaptFilesResult adapted = adapt_files(adapt, context_);
    result_.stages.push_back({"adapt", share_left(adapted.first_misfit, adapted.last_misfit),
                              mean_error(adapted.errors_before), mean_error(adapted.errors_after)});
    return adapt.maps;
  }

  fs::path refine(const fs::path& initial) {
    const InvertFilesOptions& invert = options_.invert;
    RefineFilesOptions refine;
    refine.data = invert.data;
    refine.initial = initial;
    refine.output = run_ / "refined.npy";
    refine.truth = invert.truth;
    refine.run_dir = run_ / "refine";
    refine.figures = invert.figures;
    const data::VelocityFile maps(initial);
    refine.modelling = options_.modelling(maps.nz(), maps.nx());
    refine.refine = options_.refine;
    refine.sample_interval = invert.sample_interval;
    refine.mismatch = invert.mismatch;
    refine.resume = is_begun(refine.run_dir);
    refine.overwrite = overwrite_of(options_);
    const RefineFilesResult refined = refine_files(refine, context_);
    result_.stages.push_back({"refine", share_left(mean_of(refined.misfits_before), mean_of(refined.misfits_after)),
                              mean_error(refined.errors_before), mean_error(refined.errors_after)});
    return refine.output;
  }

  const InvertAndFitOptions& options_;
  const Context& context_;
  fs::path run_;
  InvertAndFitResult result_;
};

}  // namespace

InvertAndFitOptions invert_and_fit_defaults() {
  InvertAndFitOptions options;
  options.adapt = adapt::adapt_defaults();
  options.refine.optimizer = refine::Optimizer::kNewton;
  options.refine.frequencies = {8.0, 0.0};
  for (refine::RefineOptions* const physics : {&options.adapt.physics, &options.refine}) {
    physics->gradients = 0;
    physics->fastest = 4500.0;
    physics->wavefield.storage = wave::WavefieldStorage::kEveryNthStep;
  }
  return options;
}

InvertAndFitResult invert_and_fit_files(const InvertAndFitOptions& options, const Context& context) {
  check(options);
  const auto start = std::chrono::steady_clock::now();
  InvertAndFitResult result = InvertAndFitRun(options, context).run();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace strataform::workflow
