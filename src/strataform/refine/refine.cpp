#include "strataform/refine/refine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "strataform/core/error.h"
#include "strataform/refine/bounded_velocity.h"
#include "strataform/refine/choice.h"
#include "strataform/refine/lbfgs.h"
#include "strataform/refine/mask.h"
#include "strataform/refine/roughness.h"
#include "strataform/refine/stage.h"

namespace strataform::refine {
namespace {

constexpr Choice<Stopped> kStopped[] = {{"gradients used up", Stopped::kGradientsUsedUp},
                                        {"noise reached", Stopped::kNoiseReached},
                                        {"no descent", Stopped::kNoDescent},
                                        {"interrupted", Stopped::kInterrupted},
                                        {"diverged", Stopped::kDiverged}};

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

bool all_finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

class Refinement {
 public:
  Refinement(std::int64_t nz, std::int64_t nx, std::span<const float> recorded, const wave::Acquisition& acquisition,
             const RefineOptions& options, const std::function<bool(const RefineStep&)>& watch)
      : nz_(nz), nx_(nx), recorded_(recorded), acquisition_(acquisition), options_(options), watch_(watch) {}

  RefinedModel run(std::span<const float> initial) {
    result_.velocity.assign(initial.begin(), initial.end());
    estimate_wavelet();
    result_.first_misfit = stage_of(0.0).misfit_of(result_.velocity);
    for (std::size_t stage = 0; stage < options_.frequencies.size() && goes_on(); ++stage) {
      if (stage > 0) estimate_wavelet();
      run_stage(stage);
    }
    const Stage whole = stage_of(0.0);
    result_.last_misfit = whole.misfit_of(result_.velocity);
    if (options_.estimate == SourceEstimate::kAmplitude) result_.amplitudes = whole.amplitudes(result_.velocity);
    if (options_.estimate == SourceEstimate::kWavelet) result_.wavelet = acquisition_.wavelet;
    return std::move(result_);
  }

 private:
  [[nodiscard]] Stage stage_of(double cutoff) const { return {nz_, nx_, recorded_, acquisition_, options_, cutoff}; }
  [[nodiscard]] bool goes_on() const {
    return result_.stopped != Stopped::kInterrupted && result_.stopped != Stopped::kDiverged;
  }

  void estimate_wavelet() {
    if (options_.estimate != SourceEstimate::kWavelet) return;
    const wave::Propagator propagator(nz_, nx_, acquisition_);
    std::vector<float> modelled(recorded_.size());
    propagator.forward(result_.velocity, 1, modelled);
    acquisition_.wavelet = matched_wavelet(propagator.wavelet(), acquisition_, modelled, recorded_);
  }

  /// By how many m/s each variable moves its cell: (light / mean light)^-power, at most ten times and at least a tenth
  /// of the others, and nothing around sources and receivers.
  [[nodiscard]] std::vector<double> scale_of(const Stage& stage) const {
    std::vector<double> light = stage.propagator().illumination(result_.velocity);
    const double mean = sum_of(light) / static_cast<double>(light.size());
    const std::vector<double> mask = source_receiver_mask(acquisition_, nz_, nx_, options_.mask);
    for (std::size_t cell = 0; cell < light.size(); ++cell) {
      const double factor = std::pow(light[cell] / mean + 1e-6, -options_.illumination);
      light[cell] = std::clamp(factor, 0.1, 10.0) * mask[cell];
    }
    return light;
  }

  void run_stage(std::size_t stage) {
    const Stage band = stage_of(options_.frequencies[stage]);
    BoundedVelocity bounded(result_.velocity, scale_of(band), options_.slowest, options_.fastest);
    const Roughness variation(RoughnessKind::kTotalVariation, nz_, nx_, result_.velocity);
    const Roughness squares(RoughnessKind::kTikhonov, nz_, nx_, result_.velocity);
    std::vector<float> velocity = result_.velocity;
    std::vector<float> best = velocity;
    double scale = 0.0;
    double share = 1.0;  ///< of the misfit that the stage began with
    const Objective objective = [&](const std::vector<double>& x, std::vector<double>& gradient) {
      bounded.velocity_at(x, velocity);
      const double value = misfit_and_gradient(band, velocity, gradient);
      if (scale == 0.0) scale = value > 0.0 ? 1.0 / value : 1.0;
      for (double& entry : gradient) entry *= scale;
      double rough = variation.add(velocity, options_.total_variation, gradient);
      rough += squares.add(velocity, options_.tikhonov, gradient);
      bounded.chain(gradient);
      share = scale * value;
      return share + rough;
    };
    const double goal = options_.signal_to_noise ? band.noise_misfit(*options_.signal_to_noise) : 0.0;
    std::int64_t done = result_.gradients;
    bool interrupted = false;
    const AfterEvaluation after_evaluation = [&](double /*value*/, bool is_best) {
      ++done;
      if (is_best) best = velocity;
      if (watch_) interrupted = watch_({done, stage, share, best});
      return interrupted || share <= goal * scale;
    };
    std::vector<double> x(best.size(), 0.0);
    const Minimum minimum = minimise_with(objective, x, stage, after_evaluation);
    result_.gradients += minimum.evaluations;
    result_.velocity = best;
    switch (minimum.ending) {
      case Ending::kEvaluations: result_.stopped = Stopped::kGradientsUsedUp; break;
      case Ending::kNoDescent: result_.stopped = Stopped::kNoDescent; break;
      case Ending::kDiverged: result_.stopped = Stopped::kDiverged; break;
      case Ending::kCallback: result_.stopped = interrupted ? Stopped::kInterrupted : Stopped::kNoiseReached; break;
    }
  }

  /// Infinity and no gradient where the wave diverges, which optimisers know how to deal with.
  static double misfit_and_gradient(const Stage& band, const std::vector<float>& velocity,
                                    std::vector<double>& gradient) {
    double value = std::numeric_limits<double>::infinity();
    try {
      wave::Gradient found = band.gradient(velocity);
      if (all_finite(found.velocity)) value = sum_of(found.misfits);
      gradient = std::move(found.velocity);
    } catch (const NumericalError&) {
      value = std::numeric_limits<double>::infinity();
    }
    if (!std::isfinite(value)) gradient.assign(velocity.size(), 0.0);
    return value;
  }

  Minimum minimise_with(const Objective& objective, std::vector<double>& x, std::size_t stage,
                        const AfterEvaluation& after_evaluation) const {
    const auto stages_left = static_cast<std::int64_t>(options_.frequencies.size() - stage);
    const std::int64_t evaluations = (options_.gradients - result_.gradients) / stages_left;
    if (options_.optimizer == Optimizer::kAdam) {
      return minimise(objective, x,
                      AdamOptions{.evaluations = evaluations,
                                  .learning_rate = options_.learning_rate,
                                  .decay = options_.decay,
                                  .after_evaluation = after_evaluation});
    }
    return minimise(
        objective, x,
        LbfgsOptions{
            .evaluations = evaluations, .first_step = options_.first_step, .after_evaluation = after_evaluation});
  }

  std::int64_t nz_, nx_;
  std::span<const float> recorded_;
  wave::Acquisition acquisition_;  ///< with the wavelet that was estimated
  const RefineOptions& options_;
  const std::function<bool(const RefineStep&)>& watch_;
  RefinedModel result_;
};

void check_inputs(std::span<const float> initial, std::int64_t nz, std::int64_t nx, std::span<const float> recorded,
                  const wave::Acquisition& acquisition, const RefineOptions& options) {
  const std::int64_t expected = wave::Propagator(nz, nx, acquisition).gather_size();
  if (std::ssize(recorded) != expected) {
    throw UsageError(
        fmt::format("recorded gathers: expected {} values for this acquisition, found {}", expected, recorded.size()));
  }
  for (const float value : initial) {
    if (value >= options.slowest && value <= options.fastest) continue;
    throw UsageError(fmt::format("initial model: expected {} to {} m/s, the bounds, found {}", options.slowest,
                                 options.fastest, value));
  }
}

}  // namespace

const char* name_of(Stopped stopped) { return name_of(kStopped, stopped); }

RefinedModel refine(std::span<const float> initial, std::int64_t nz, std::int64_t nx, std::span<const float> recorded,
                    const wave::Acquisition& acquisition, const RefineOptions& options,
                    const std::function<bool(const RefineStep&)>& watch) {
  check(options, acquisition, nz, nx);
  check_inputs(initial, nz, nx, recorded, acquisition, options);
  return Refinement(nz, nx, recorded, acquisition, options, watch).run(initial);
}

}  // namespace strataform::refine
