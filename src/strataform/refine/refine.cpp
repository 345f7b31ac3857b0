#include "strataform/refine/refine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/refine/bounded_velocity.h"
#include "strataform/refine/frequency_stage.h"
#include "strataform/refine/lbfgs.h"
#include "strataform/refine/mask.h"
#include "strataform/refine/newton.h"
#include "strataform/refine/penalised_misfit.h"
#include "strataform/survey/live_traces.h"

namespace strataform::refine {
namespace {

constexpr Choice<Stopped> kStopped[] = {{"gradients used up", Stopped::kGradientsUsedUp},
                                        {"noise reached", Stopped::kNoiseReached},
                                        {"no descent", Stopped::kNoDescent},
                                        {"interrupted", Stopped::kInterrupted},
                                        {"diverged", Stopped::kDiverged}};

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

class Refinement {
 public:
  Refinement(std::span<const float> recorded, const survey::Modelling& modelling, const RefineOptions& options,
             const std::function<bool(const RefineStep&)>& watch, const Context& context)
      : recorded_(recorded), modelling_(modelling), options_(options), watch_(watch), context_(context) {}

  RefinedModel run(std::span<const float> initial) {
    result_.velocity.assign(initial.begin(), initial.end());
    estimate_wavelet();
    result_.first_misfit = stage_of(0.0).misfit_of(result_.velocity);
    for (std::size_t stage = 0; stage < options_.frequencies.size() && goes_on(); ++stage) {
      if (stage > 0) estimate_wavelet();
      run_stage(stage);
    }
    const FrequencyStage whole = stage_of(0.0);
    result_.last_misfit = whole.misfit_of(result_.velocity);
    if (options_.estimate == SourceEstimate::kAmplitude) result_.amplitudes = whole.amplitudes(result_.velocity);
    if (options_.estimate == SourceEstimate::kWavelet) result_.wavelet = modelling_.source.wavelet;
    return std::move(result_);
  }

 private:
  [[nodiscard]] FrequencyStage stage_of(double cutoff) const {
    return {recorded_, modelling_, options_, cutoff, context_};
  }
  [[nodiscard]] bool goes_on() const {
    return result_.stopped != Stopped::kInterrupted && result_.stopped != Stopped::kDiverged;
  }

  void estimate_wavelet() {
    if (options_.estimate != SourceEstimate::kWavelet) return;
    const wave::Propagator propagator(modelling_, {.context = context_});
    std::vector<float> modelled(recorded_.size());
    propagator.forward(result_.velocity, 1, modelled);
    modelling_ =
        survey::with_wavelet(modelling_, matched_wavelet(propagator.wavelet(), modelling_.survey, modelled, recorded_));
  }

  /// By how many m/s each variable moves its cell: (light / mean light)^-power, at most ten times and at least a tenth
  /// of the others, and nothing around sources and receivers.
  [[nodiscard]] std::vector<double> scale_of(const FrequencyStage& stage) const {
    std::vector<double> light = stage.propagator().illumination(result_.velocity);
    const double mean = sum_of(light) / static_cast<double>(light.size());
    if (!(mean > 0.0)) {
      throw UsageError(fmt::format("recorded gathers: no wave reaches a receiver within {} time samples of {} s",
                                   modelling_.survey.samples, modelling_.survey.sample_interval));
    }
    const std::vector<double> mask = source_receiver_mask(modelling_, options_.mask);
    for (std::size_t cell = 0; cell < light.size(); ++cell) {
      const double factor = std::pow(light[cell] / mean + 1e-6, -options_.illumination);
      light[cell] = std::clamp(factor, 0.1, 10.0) * mask[cell];
    }
    return light;
  }

  void run_stage(std::size_t stage) {
    const FrequencyStage band = stage_of(options_.frequencies[stage]);
    PenalisedMisfit misfit(band, options_, result_.velocity);
    std::vector<float> velocity = result_.velocity;  ///< of the last evaluation
    std::vector<float> best = velocity;
    const double goal = options_.signal_to_noise ? band.noise_misfit(*options_.signal_to_noise) : 0.0;
    bool interrupted = false;
    std::int64_t done = result_.gradients;
    const AfterEvaluation after_evaluation = [&](double /*value*/, bool is_best) {
      ++done;
      if (is_best) best = velocity;
      if (watch_) interrupted = watch_({done, stage, misfit.share(), best});
      return interrupted || misfit.share() <= goal * misfit.scale();
    };
    const auto stages_left = static_cast<std::int64_t>(options_.frequencies.size() - stage);
    const std::int64_t evaluations = (options_.gradients - result_.gradients) / stages_left;
    // In the whole band the matrix would cost more time than it saves, and what is left there is finer than its blocks.
    const bool with_matrices = options_.optimizer == Optimizer::kNewton && options_.frequencies[stage] > 0.0;
    const Minimum minimum = with_matrices ? by_newton(misfit, velocity, evaluations, after_evaluation, done)
                                          : by_gradients(band, misfit, velocity, evaluations, after_evaluation);
    result_.gradients += minimum.evaluations;
    result_.velocity = best;
    switch (minimum.ending) {
      case Ending::kEvaluations: result_.stopped = Stopped::kGradientsUsedUp; break;
      case Ending::kNoDescent: result_.stopped = Stopped::kNoDescent; break;
      case Ending::kDiverged: result_.stopped = Stopped::kDiverged; break;
      case Ending::kCallback: result_.stopped = interrupted ? Stopped::kInterrupted : Stopped::kNoiseReached; break;
    }
  }

  /// L-BFGS or Adam in free variables, of which the velocities are logistic functions.
  Minimum by_gradients(const FrequencyStage& band, PenalisedMisfit& misfit, std::vector<float>& velocity,
                       std::int64_t evaluations, const AfterEvaluation& after_evaluation) const {
    BoundedVelocity bounded(velocity, scale_of(band), options_.slowest, options_.fastest);
    const Objective objective = [&](const std::vector<double>& x, std::vector<double>& gradient) {
      bounded.velocity_at(x, velocity);
      const double value = misfit.evaluate(velocity, gradient);
      bounded.chain(gradient);
      return value;
    };
    std::vector<double> x(velocity.size(), 0.0);
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

  /// Damped Gauss-Newton steps in the velocities themselves. `done` counts what the matrices cost, too.
  Minimum by_newton(PenalisedMisfit& misfit, std::vector<float>& velocity, std::int64_t evaluations,
                    const AfterEvaluation& after_evaluation, std::int64_t& done) const {
    const std::vector<double> mask = source_receiver_mask(modelling_, options_.mask);
    const auto masked = [&](std::vector<double>& values) {
      for (std::size_t cell = 0; cell < values.size(); ++cell) values[cell] *= mask[cell];
    };
    const Objective objective = [&](const std::vector<double>& x, std::vector<double>& gradient) {
      velocity.assign(x.begin(), x.end());
      const double value = misfit.evaluate(velocity, gradient);
      masked(gradient);
      return value;
    };
    const std::int64_t cost = GaussNewton::cost(modelling_.survey);
    const MatrixAt matrix_at = [&](const std::vector<double>& x) -> NewtonStep {
      done += cost;
      auto matrix = std::make_shared<GaussNewton>(misfit.matrix_at(std::vector<float>(x.begin(), x.end()), context_));
      return [matrix, &masked](const std::vector<double>& gradient, double damping) {
        std::vector<double> step = matrix->solve(gradient, damping);
        masked(step);
        return step;
      };
    };
    // Where the value is not at least halved, the gradients are better spent on the next band.
    constexpr double kLeastProgress = 0.5;
    std::vector<double> x(velocity.begin(), velocity.end());
    return minimise(objective, x, matrix_at,
                    NewtonOptions{.evaluations = evaluations,
                                  .matrix_cost = cost,
                                  .least_progress = kLeastProgress,
                                  .lowest = options_.slowest,
                                  .highest = options_.fastest,
                                  .after_evaluation = after_evaluation});
  }

  std::span<const float> recorded_;
  survey::Modelling modelling_;  ///< with the wavelet that was estimated
  const RefineOptions& options_;
  const std::function<bool(const RefineStep&)>& watch_;
  const Context& context_;
  RefinedModel result_;
};

void check_inputs(std::span<const float> initial, std::span<const float> recorded, const survey::Modelling& modelling,
                  const RefineOptions& options) {
  const std::int64_t expected = survey::gather_size(modelling.survey);
  if (std::ssize(recorded) != expected) {
    throw UsageError(
        fmt::format("recorded gathers: expected {} values for this survey, found {}", expected, recorded.size()));
  }
  const auto slowest = static_cast<float>(options.slowest);
  const auto fastest = static_cast<float>(options.fastest);
  for (const float value : initial) {
    if (value >= slowest && value <= fastest) continue;
    throw UsageError(fmt::format("starting map: expected {} to {} m/s, the bounds, found {}", options.slowest,
                                 options.fastest, value));
  }
}

/// The amplitudes of live shots among those of all: nothing is known of the others.
std::vector<double> for_all_shots(const std::vector<double>& amplitudes, const survey::LiveRecord& live,
                                  std::int64_t shots) {
  if (amplitudes.empty()) return {};
  std::vector<double> all(static_cast<std::size_t>(shots), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t k = 0; k < live.shots.size(); ++k) all[static_cast<std::size_t>(live.shots[k])] = amplitudes[k];
  return all;
}

}  // namespace

const char* name_of(Stopped stopped) { return name_of(kStopped, stopped); }

RefinedModel refine(std::span<const float> initial, std::span<const float> recorded, const survey::Modelling& modelling,
                    const RefineOptions& options, const std::function<bool(const RefineStep&)>& watch,
                    const Context& context) {
  check(options, modelling);
  check_inputs(initial, recorded, modelling, options);
  const survey::LiveRecord live = survey::live_record(modelling.survey, recorded);
  if (live.dead == 0) return Refinement(recorded, modelling, options, watch, context).run(initial);
  if (live.dead == live.traces) {
    throw InputError(
        fmt::format("recorded gathers: expected live traces, found {} that hold one value each", live.dead));
  }
  context.warn(fmt::format("{} of {} recorded traces hold one value each, as dead ones do: they are left out",
                           live.dead, live.traces));
  survey::Modelling alive = modelling;
  alive.survey = live.survey;
  check(options, alive);  // what is left need not be what an optimizer takes
  RefinedModel result = Refinement(live.gathers, alive, options, watch, context).run(initial);
  result.amplitudes = for_all_shots(result.amplitudes, live, std::ssize(modelling.survey.shots));
  return result;
}

}  // namespace strataform::refine
