#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "strataform/adapt/adapt_options.h"
#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"
#include "strataform/model/model.h"
#include "strataform/nn/named_tensors.h"
#include "strataform/survey/modelling.h"

namespace strataform::adapt {

/// What is trained on what. The truth has no place in it.
struct FitTask {
  const model::Model& model;         ///< with an adapter active on its backbone
  nn::NamedTensors parameters;       ///< what is trained
  const data::GatherSource& source;  ///< gathers as they were recorded
  std::vector<std::int64_t> gathers;
  survey::Modelling modelling;  ///< of the gathers, on the grid of the model's maps
  nlohmann::json identity =
      nlohmann::json::object();  ///< what a run must share with the one that it resumes, beside the options
};

/// After every batch of gathers.
struct FitStep {
  std::int64_t gradients = 0;  ///< of all gathers together, so far
  std::int64_t skipped = 0;    ///< of them, by the stretches before this one
  double each = 0.0;           ///< for each gather
  std::int64_t stage = 0;
  double misfit = 0.0;  ///< mean of the batch, in the stage's band: 1 is what silence leaves
  double best = 0.0;    ///< of the best state of the stage: of left-out shots where there are any
  double learning_rate = 0.0;
  double seconds = 0.0;                   ///< of all stretches
  std::span<const std::int64_t> gathers;  ///< of the batch
  std::span<const float> maps;            ///< theirs, [gathers, nz, nx] in m/s
  bool pass_ends = false;                 ///< every gather has had its turn
};

enum class Ending { kGradients, kTime, kNoise, kPatience, kNoDescent };
/// "gradients used up", "time used up", "noise reached", "no better state", "no descent".
[[nodiscard]] const char* name_of(Ending ending);

struct FitResult {
  std::vector<float> maps;    ///< [gathers, nz, nx] in m/s, of the state that was kept
  double first_misfit = 0.0;  ///< of the whole band, mean over the gathers: 1 is what silence leaves
  double last_misfit = 0.0;
  std::optional<double> first_validation{};  ///< the same of shots that were not fitted
  std::optional<double> last_validation{};
  std::int64_t gradients = 0;  ///< of all gathers together
  std::int64_t setbacks = 0;   ///< how often training went back to the best state
  double seconds = 0.0;
  Ending ending = Ending::kGradients;
  bool is_start = false;  ///< nothing better was found than what training began with
};

[[nodiscard]] nlohmann::json to_json(const FitResult& result);

using FitCallback = std::function<void(const FitStep&)>;

/// Trains the parameters so that the gathers modelled in the network's maps are the recorded ones. The misfit and its
/// derivatives by the velocities are a refinement's; from there LibTorch goes on. Maps are held within the bounds of
/// the velocity. A batch whose misfit has risen too far, is not finite or whose maps have lost their structure without
/// a smaller misfit takes training back to the best state, with half the learning rate. In the end the parameters have
/// the values of the best state of the last band, or those that they began with where that is no better in the whole
/// band. The network is left in evaluation mode.
///
/// Throws UsageError for options, InputError where no trace of a gather is live, NumericalError where the wave
/// diverges in the first maps, and InterruptedError when the context asks to stop; where there is a run folder the
/// state is kept in it, so that a call with `resume` goes on to the same bits.
FitResult fit(const FitTask& task, const AdaptOptions& options, const FitCallback& watch = {},
              const Context& context = {});

}  // namespace strataform::adapt
