#include "strataform/refine/options.h"

#include <fmt/format.h>

#include <cmath>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/refine/gauss_newton.h"
#include "strataform/wave/check.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/stability.h"

namespace strataform::refine {
namespace {

constexpr Choice<Optimizer> kOptimizers[] = {
    {"newton", Optimizer::kNewton}, {"lbfgs", Optimizer::kLbfgs}, {"adam", Optimizer::kAdam}};
constexpr Choice<wave::WavefieldStorage> kStorages[] = {{"checkpoints", wave::WavefieldStorage::kCheckpoints},
                                                        {"everything", wave::WavefieldStorage::kEverything},
                                                        {"every-nth-step", wave::WavefieldStorage::kEveryNthStep},
                                                        {"boundary", wave::WavefieldStorage::kBoundary}};

void require(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

void require_zero_or_more(const char* option, double value) {
  require(value >= 0.0 && std::isfinite(value), fmt::format("{}: expected zero or more, found {}", option, value));
}

void require_positive(const char* option, double value) {
  require(value > 0.0 && std::isfinite(value), fmt::format("{}: expected more than 0 m/s, found {}", option, value));
}

void check_bounds(const RefineOptions& options, const survey::Modelling& modelling) {
  require(options.slowest > 0.0 && options.fastest > options.slowest && std::isfinite(options.fastest),
          fmt::format("bounds: expected two increasing velocities above 0 m/s, found {} and {}", options.slowest,
                      options.fastest));
  const double limit = wave::largest_time_step(modelling, options.slowest, options.fastest);
  require(modelling.scheme.time_step <= limit,
          fmt::format("bounds: a time step of {} s is unstable at {} m/s; at most {:.6g} s", modelling.scheme.time_step,
                      options.fastest, wave::rounded_down(limit)));
}

void check_newton(const RefineOptions& options, const survey::Modelling& modelling) {
  require(options.misfit == MisfitKind::kL2 && options.estimate != SourceEstimate::kAmplitude,
          "`optimizer` newton: expected the misfit l2 and amplitudes as they are; lbfgs takes the others");
  // Its waves are recorded in every cell, and no receiver can stand on the surface.
  require(!modelling.scheme.free_surface, "`optimizer` newton: expected no free surface; lbfgs takes one");
  require(survey::has_common_receivers(modelling.survey),
          "`optimizer` newton: expected the same receivers for all shots; lbfgs takes others");
  const std::int64_t cells = modelling.grid.cells();
  require(cells <= GaussNewton::kMostCells,
          fmt::format("`optimizer` newton: expected a model of at most {} cells, found {}; lbfgs takes larger ones",
                      GaussNewton::kMostCells, cells));
}

}  // namespace

Optimizer optimizer_from_name(const std::string& name) { return choose(kOptimizers, "optimizer", name); }
std::vector<std::string> optimizer_names() { return names_of(kOptimizers); }
const char* name_of(Optimizer optimizer) { return name_of(kOptimizers, optimizer); }

wave::WavefieldStorage storage_from_name(const std::string& name) { return choose(kStorages, "storage", name); }
std::vector<std::string> storage_names() { return names_of(kStorages); }
const char* name_of(wave::WavefieldStorage storage) { return name_of(kStorages, storage); }

void check(const RefineOptions& options, const survey::Modelling& modelling) {
  wave::check(modelling);
  // Filters run over gathers and wavelet alike.
  require(std::llround(modelling.survey.sample_interval / modelling.scheme.time_step) == 1,
          fmt::format("sample interval: expected the time step, {} s, found {} s", modelling.scheme.time_step,
                      modelling.survey.sample_interval));
  require(options.gradients >= 1, fmt::format("`gradients`: expected at least 1, found {}", options.gradients));
  require(
      !options.frequencies.empty() && std::ssize(options.frequencies) <= options.gradients,
      fmt::format("`frequencies`: expected 1 to {} stages, found {}", options.gradients, options.frequencies.size()));
  for (const double frequency : options.frequencies) {
    require(frequency >= 0.0 && frequency < 0.5 / modelling.scheme.time_step,
            fmt::format("`frequencies`: expected 0 (the whole band) to below {} Hz, found {}",
                        0.5 / modelling.scheme.time_step, frequency));
  }
  if (options.optimizer == Optimizer::kNewton) check_newton(options, modelling);
  check_bounds(options, modelling);
  require_positive("`first_step`", options.first_step);
  require_positive("`learning_rate`", options.learning_rate);
  require_zero_or_more("`total_variation`", options.total_variation);
  require_zero_or_more("`tikhonov`", options.tikhonov);
  require_zero_or_more("`illumination`", options.illumination);
  require_zero_or_more("`mask`", options.mask);
  require(options.wavefield.memory_bytes >= 0,
          fmt::format("`memory`: expected zero or more, found {}", options.wavefield.memory_bytes));
  wave::Propagator(modelling).check_memory(options.wavefield, 1);
  require(!options.signal_to_noise || (options.misfit == MisfitKind::kL2 && std::isfinite(*options.signal_to_noise)),
          "`signal_to_noise`: expected a number of dB and the misfit l2, which is the one that noise is measured in");
}

}  // namespace strataform::refine
