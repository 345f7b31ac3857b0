#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "strataform/io/option.h"
#include "strataform/refine/adam.h"
#include "strataform/refine/source_estimate.h"
#include "strataform/survey/modelling.h"
#include "strataform/wave/gradient.h"

namespace strataform::refine {

enum class Optimizer {
  kNewton,  ///< damped Gauss-Newton steps in bands of low frequencies, L-BFGS in the whole band
  kLbfgs,
  kAdam,
};

struct RefineOptions {
  std::string misfit = "l2";  ///< one of misfit_names()
  Optimizer optimizer = Optimizer::kLbfgs;
  std::int64_t gradients = 100;  ///< of the misfit, those of line searches and of all stages included
  /// Frequency continuation: the stages' low-pass frequencies, Hz; 0 is the whole band. Each gets an equal share of the
  /// gradients.
  std::vector<double> frequencies{0.0};
  double slowest = 1400.0;  ///< bounds of the velocity, m/s
  double fastest = 4700.0;
  /// L-BFGS: largest change of a cell in the first step of a stage, m/s; weakly lit ones up to ten times as much.
  double first_step = 50.0;
  double learning_rate = 40.0;  ///< Adam: change of a cell in a step, m/s; weakly lit ones up to ten times as much
  Decay decay = Decay::kCosine;
  double total_variation = 0.005;  ///< weight of the model's total variation beside a misfit of 1 at the start
  double tikhonov = 0.0;           ///< and of the squares of its differences
  double illumination = 0.5;       ///< power by which weakly lit cells move more; 0: all alike
  double mask = 0.0;               ///< cells around sources and receivers that stay as they are
  SourceEstimate estimate = SourceEstimate::kNone;
  /// Signal-to-noise ratio of the data in dB: a stage ends where the misfit is what white noise alone leaves. None:
  /// data without noise.
  std::optional<double> signal_to_noise;
  wave::GradientOptions wavefield;  ///< how a gradient keeps the forward wave, and in how much memory
};

/// Every option, and those of the wavefield, which are a struct of the wave engine.
[[nodiscard]] const std::vector<io::Option<RefineOptions>>& refine_options();
[[nodiscard]] const std::vector<io::Option<wave::GradientOptions>>& wavefield_options();

/// The part that decides what comes out: a run that is resumed must have the same.
[[nodiscard]] nlohmann::json identity_of(const RefineOptions& options);

/// Throws UsageError, naming the option, what was expected and what was found, also for a modelling that does not fit
/// its grid or does not record every time step.
void check(const RefineOptions& options, const survey::Modelling& modelling);

}  // namespace strataform::refine
