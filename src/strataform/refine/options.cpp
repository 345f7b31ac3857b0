#include "strataform/refine/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/refine/gauss_newton.h"
#include "strataform/refine/misfit.h"
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

std::string one_of(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

io::NamedMember<RefineOptions> named_misfit() {
  return {misfit_names(), [](const RefineOptions& options) { return options.misfit; },
          [](RefineOptions& options, const std::string& /*option*/, const std::string& name) {
            options.misfit = find_misfit(name).name;
          }};
}

std::vector<io::Option<RefineOptions>> what_is_fitted() {
  using R = RefineOptions;
  return {
      {"gradients", "Gradients for each map, line searches and stages included", &R::gradients, io::kAtLeastOne},
      {"misfit", one_of(misfit_names()), named_misfit()},
      {"frequencies", "Stages by their low-pass frequency in Hz, 5,10,0; 0: the whole band", &R::frequencies,
       io::kZeroOrMore},
      {"estimate", "What is estimated of the source: " + one_of(names_of(kSourceEstimates)),
       io::named(&R::estimate, kSourceEstimates)},
      {"signal_to_noise", "Signal-to-noise ratio of the data in dB, so that noise is not fitted", &R::signal_to_noise}};
}

std::vector<io::Option<RefineOptions>> how_a_model_changes() {
  using R = RefineOptions;
  return {
      {"optimizer", one_of(names_of(kOptimizers)), io::named(&R::optimizer, kOptimizers)},
      {"first_step", "lbfgs: largest change in a stage's first step, m/s", &R::first_step, io::kPositive},
      {"learning_rate", "adam: change of a cell in a step, m/s", &R::learning_rate, io::kPositive},
      {"decay", "adam, of the learning rate: " + one_of(names_of(kDecays)), io::named(&R::decay, kDecays)},
      {"slowest", "Lower bound in m/s; starting maps are clipped to it", &R::slowest, io::kPositive},
      {"fastest", "Upper bound in m/s; starting maps are clipped to it", &R::fastest, io::kPositive},
      {"total_variation", "Weight that keeps maps piecewise smooth", &R::total_variation, io::kZeroOrMore},
      {"tikhonov", "Weight that keeps maps smooth", &R::tikhonov, io::kZeroOrMore},
      {"illumination", "Power by which weakly lit cells move more", &R::illumination, io::kZeroOrMore},
      {"mask", "Cells around sources and receivers that stay as they are", &R::mask, io::kZeroOrMore},
  };
}

void require(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

/// The highest upper bound at which waves are stable; 0 where even those at the lower one are not.
double fastest_stable(const RefineOptions& options, const survey::Modelling& modelling) {
  const auto is_stable = [&](double fastest) {
    return modelling.scheme.time_step <= wave::largest_time_step(modelling, options.slowest, fastest);
  };
  if (!is_stable(options.slowest)) return 0.0;
  double stable = options.slowest;
  double unstable = options.fastest;
  while (unstable - stable > 1.0) {
    const double middle = 0.5 * (stable + unstable);
    (is_stable(middle) ? stable : unstable) = middle;
  }
  return std::floor(stable);
}

void check_bounds(const RefineOptions& options, const survey::Modelling& modelling) {
  require(options.fastest > options.slowest,
          fmt::format("`fastest`: expected more than `slowest`, {} m/s, found {}", options.slowest, options.fastest));
  const double limit = wave::largest_time_step(modelling, options.slowest, options.fastest);
  if (modelling.scheme.time_step <= limit) return;
  const double fastest = fastest_stable(options, modelling);
  throw UsageError(fmt::format(
      "`time_step`: {} s is unstable at {} m/s (`fastest`): {}give the gathers' own as `sample_interval`, and they are "
      "resampled to a `time_step` of at most {:.6g} s",
      modelling.scheme.time_step, options.fastest,
      fastest > 0.0 ? fmt::format("lower `fastest` to {:.0f}, or ", fastest) : "", wave::rounded_down(limit)));
}

void check_newton(const RefineOptions& options, const survey::Modelling& modelling) {
  require(find_misfit(options.misfit).is_least_squares && options.estimate != SourceEstimate::kAmplitude,
          "`optimizer` newton: expected the misfit l2 and amplitudes as they are; lbfgs takes the others");
  // Its waves are recorded in every cell, and no receiver can stand on the surface.
  require(!modelling.scheme.free_surface, "`optimizer` newton: expected no free surface; lbfgs takes one");
  require(survey::has_common_receivers(modelling.survey),
          "`optimizer` newton: expected the same receivers for all shots; lbfgs takes others");
  const std::int64_t cells = modelling.grid.cells();
  require(cells <= GaussNewton::kMostCells,
          fmt::format("`optimizer` newton: expected a map of at most {} cells, found {}; lbfgs takes larger ones",
                      GaussNewton::kMostCells, cells));
}

}  // namespace

const std::vector<io::Option<RefineOptions>>& refine_options() {
  static const std::vector<io::Option<RefineOptions>> all = [] {
    std::vector<io::Option<RefineOptions>> joined = what_is_fitted();
    const std::vector<io::Option<RefineOptions>> more = how_a_model_changes();
    joined.insert(joined.end(), more.begin(), more.end());
    return joined;
  }();
  return all;
}

const std::vector<io::Option<wave::GradientOptions>>& wavefield_options() {
  using W = wave::GradientOptions;
  static const std::vector<io::Option<W>> all = {
      {"storage", "How the forward wave is kept: " + one_of(names_of(kStorages)), io::named(&W::storage, kStorages)},
      {"storage_step", "n of every-nth-step", &W::every, io::kAtLeastOne},
      {.name = "memory",
       .help = "Memory for the wavefields (512MB); 0: no limit",
       .member = &W::memory_bytes,
       .range = io::kZeroOrMore,
       .free_because = "the exact ways come to the same in any memory",
       .is_size = true}};
  return all;
}

nlohmann::json identity_of(const RefineOptions& options) {
  nlohmann::json identity = io::identity_of(refine_options(), options);
  identity.update(io::identity_of(wavefield_options(), options.wavefield));
  return identity;
}

void check(const RefineOptions& options, const survey::Modelling& modelling) {
  wave::check(modelling);
  io::check_all(refine_options(), options);
  io::check_all(wavefield_options(), options.wavefield);
  // Filters run over gathers and wavelet alike.
  require(std::llround(modelling.survey.sample_interval / modelling.scheme.time_step) == 1,
          fmt::format("sample interval: expected the time step, {} s, found {} s", modelling.scheme.time_step,
                      modelling.survey.sample_interval));
  require(
      !options.frequencies.empty() && std::ssize(options.frequencies) <= options.gradients,
      fmt::format("`frequencies`: expected 1 to {} stages, found {}", options.gradients, options.frequencies.size()));
  for (const double frequency : options.frequencies) {
    require(frequency < 0.5 / modelling.scheme.time_step,
            fmt::format("`frequencies`: expected 0 (the whole band) to below {} Hz, found {}",
                        0.5 / modelling.scheme.time_step, frequency));
  }
  if (options.optimizer == Optimizer::kNewton) check_newton(options, modelling);
  check_bounds(options, modelling);
  wave::Propagator(modelling).check_memory(options.wavefield, 1);
  require(!options.signal_to_noise || find_misfit(options.misfit).is_least_squares,
          "`signal_to_noise`: expected the misfit l2, which is the one that noise is measured in");
}

}  // namespace strataform::refine
