#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/refine/options.h"
#include "strataform/survey/modelling.h"

namespace strataform::refine {

/// After every gradient.
struct RefineStep {
  std::int64_t gradients = 0;  ///< so far
  std::size_t stage = 0;
  double misfit = 0.0;              ///< of the stage's band, as a share of what it was in front of the stage
  std::span<const float> velocity;  ///< the best model of the stage so far, [nz, nx]
};

/// Why a refinement ended.
enum class Stopped { kGradientsUsedUp, kNoiseReached, kNoDescent, kInterrupted, kDiverged };

/// "gradients used up", "noise reached", "no descent", "interrupted", "diverged".
const char* name_of(Stopped stopped);

struct RefinedModel {
  std::vector<float> velocity;  ///< [nz, nx], m/s
  std::int64_t gradients = 0;
  double first_misfit = 0.0;  ///< of the whole band, of the model that was given
  double last_misfit = 0.0;   ///< of the whole band, of the result
  Stopped stopped = Stopped::kGradientsUsedUp;
  std::vector<double> amplitudes;  ///< of every shot, where they were estimated; NaN for one without live traces
  std::vector<double> wavelet;     ///< of the last stage, where it was estimated
};

/// Full-waveform inversion: changes a model until the gathers modelled in it, shot after shot, are the recorded ones,
/// within bounds: by L-BFGS or Adam in variables of which the velocities are logistic functions, scaled by the
/// illumination of the starting model, or first by Gauss-Newton steps in the velocities themselves. `watch` may return
/// true to stop. A wave that diverges on the way ends it with the best model so far. Throws UsageError for options,
/// sizes or bounds that do not fit, among them a model outside the bounds, InputError where no trace is live, and what
/// Propagator throws for the model that it starts from; InterruptedError when the context asks to stop, also within a
/// gradient. Dead traces, which hold one value each, have no part in misfits and estimates, and the context hears of
/// them.
RefinedModel refine(std::span<const float> initial, std::span<const float> recorded, const survey::Modelling& modelling,
                    const RefineOptions& options, const std::function<bool(const RefineStep&)>& watch = {},
                    const Context& context = {});

}  // namespace strataform::refine
