#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "strataform/nn/backbone.h"

namespace strataform::nn {

/// A network for any survey of up to ten shots: x [batch, shots, time samples + geometry rows, receivers] as
/// survey::ShotImage describes it to three maps [batch, 3, nz, nx], the median, a lower and an upper quantile (0.1 and
/// 0.9) of each cell, the median bounded to [-1, 1].
///
/// Every shot goes through the same encoder, which is told where it was shot and recorded, up to features of places in
/// the map. Then the shots are pooled: each place takes several weighted means over them, whose weights follow from the
/// shots' own features, so that neither their order nor their number matters. Mixers and decoder are those of
/// `compact`.
///
/// Options: nz (70), nx (70), width (48, channels of the first layer), shot_features (128, of each place in front of
/// the pooling), shot_mixers (2), heads (4, weighted means), features (320, of each place behind the pooling), mixers
/// (6).
[[nodiscard]] std::shared_ptr<Backbone> make_shotwise(const nlohmann::json& options);

}  // namespace strataform::nn
