#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "strataform/nn/backbone.h"

namespace strataform::nn {

/// The default network: a small one for gathers that were averaged over blocks of five time samples, x [batch, shots,
/// samples, receivers] to [batch, 1, nz, nx], bounded to [-1, 1] by a hyperbolic tangent. Made for accuracy per unit
/// of compute on a CPU: convolutions only where the grid is already coarse, then layers that mix all places at once
/// (Tolstikhin et al., 2021), because every cell of the map depends on every trace.
///
/// Options: shots (5), samples (200), receivers (70), nz (70), nx (70, the same as receivers), width (32, channels of
/// the first layer), features (256, of each place of the coarse grid), mixers (6).
[[nodiscard]] std::shared_ptr<Backbone> make_compact(const nlohmann::json& options);

}  // namespace strataform::nn
