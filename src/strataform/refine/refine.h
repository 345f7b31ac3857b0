#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "strataform/refine/misfit.h"
#include "strataform/wave/acquisition.h"

namespace strataform::refine {

struct RefineOptions {
  MisfitKind misfit = MisfitKind::kL2;
  std::int64_t gradients = 100;  ///< of the misfit, those of line searches and of all stages included
  /// Frequency continuation: the stages' low-pass frequencies, Hz; 0 is the whole band. Each gets an equal share of the
  /// gradients.
  std::vector<double> frequencies{0.0};
  double slowest = 1400.0;  ///< bounds of the velocity, m/s
  double fastest = 4700.0;
  double first_step = 50.0;        ///< largest change of a cell in the first step of a stage, m/s
  double total_variation = 0.005;  ///< weight of the model's total variation beside a misfit of 1 at the start
  double illumination = 0.5;       ///< power by which weakly lit cells move more; 0: all alike
  /// Signal-to-noise ratio of the data in dB: a stage ends where the misfit is what the noise alone leaves. None: data
  /// without noise.
  std::optional<double> signal_to_noise;
};

/// After every gradient.
struct RefineStep {
  std::int64_t gradients = 0;  ///< so far
  std::size_t stage = 0;
  double misfit = 0.0;              ///< of the stage's band, as a share of what it was in front of the stage
  std::span<const float> velocity;  ///< the best model of the stage so far, [nz, nx]
};

struct RefinedModel {
  std::vector<float> velocity;  ///< [nz, nx], m/s
  std::int64_t gradients = 0;
  double first_misfit = 0.0;  ///< of the whole band, of the model that was given
  double last_misfit = 0.0;   ///< of the same, of the result
};

/// Full-waveform inversion: changes a model until the gathers modelled in it, [shots, samples, receivers], are the
/// recorded ones. L-BFGS in the velocities, which bounds confine (a logistic function in between) and the illumination
/// of the starting model scales. `watch` may return true to stop. Throws UsageError for options, sizes or bounds that
/// do not fit, among them a model outside the bounds, and what Propagator throws. The result's misfit is never above
/// the first.
RefinedModel refine(std::span<const float> initial, std::int64_t nz, std::int64_t nx, std::span<const float> recorded,
                    const wave::Acquisition& acquisition, const RefineOptions& options,
                    const std::function<bool(const RefineStep&)>& watch = {});

/// Throws UsageError, naming the option, what was expected and what was found.
void check(const RefineOptions& options, const wave::Acquisition& acquisition);

}  // namespace strataform::refine
