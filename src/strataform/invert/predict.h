#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"
#include "strataform/model/model.h"

namespace strataform::invert {

/// Velocity maps [count, nz, nx] in m/s from prepared gathers [count, shots, input samples, receivers] (see
/// data::InputReader), computed in one batch on the backbone's device without gradients. Leaves the backbone in
/// evaluation mode.
/// Throws NumericalError where the network gives values that are not finite.
[[nodiscard]] std::vector<float> predict(const model::Model& model, std::span<const float> input, std::int64_t count);

struct PredictOptions {
  /// Predicts from the mirrored gathers as well and takes the mean of the map and the other's mirror image: twice the
  /// time for a smaller error. A mirrored source may lie one cell beside one that was shot.
  bool mirror = false;
  /// Velocity in m/s of the map that the network's slowest one stands for; by default they are the same. A network of
  /// any survey, trained on 1500 to 4500 m/s, makes maps of 250 to 750 m/s with 250: with velocities times are scaled,
  /// by an exact symmetry of the wave equation.
  std::optional<double> slowest{};
};

/// Of the network's velocities to those of the maps that the options ask for: data::ShotImageOptions. Throws UsageError
/// as check() does.
[[nodiscard]] double velocity_ratio(const PredictOptions& options, const model::Model& model);

/// Throws MismatchError where the model cannot read the source, UsageError where options ask for mirrored gathers and
/// the survey has none, or for other velocities and the model knows one survey.
void check(const PredictOptions& options, const model::Model& model, const data::GatherSource& source);

/// Velocity maps [count, nz, nx] in m/s of the source's models first .. first + count - 1, read, prepared and computed
/// in one batch. Throws as check() and the predict() of prepared gathers do,
/// and what reading the source throws. context: the threads that read.
[[nodiscard]] std::vector<float> predict(const model::Model& model, const data::GatherSource& source,
                                         std::int64_t first, std::int64_t count, const PredictOptions& options = {},
                                         const Context& context = {});

/// Velocity maps [indices, nz, nx] in m/s of these models of the source, in one batch. Requires and throws what the
/// predict() of consecutive models does.
[[nodiscard]] std::vector<float> predict(const model::Model& model, const data::GatherSource& source,
                                         std::span<const std::int64_t> indices, const PredictOptions& options = {},
                                         const Context& context = {});

}  // namespace strataform::invert
