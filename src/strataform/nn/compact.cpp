#include <fmt/format.h>

#include "strataform/core/error.h"
#include "strataform/nn/factories.h"
#include "strataform/nn/map_network.h"
#include "strataform/survey/openfwi.h"

namespace strataform::nn {

namespace {

/// Gathers [shots, 200, 70] become a coarse grid of 13 x 9 places (time, receivers); a dense layer turns times into
/// depths, 9 x 9 places (depth, distance), which the mixers work on. Most of the computing is in the mixers' dense
/// layers, which a CPU does best.
class Compact : public MapNetwork {
 public:
  Compact(const nlohmann::json& options, const BackboneShape& shape)
      : MapNetwork("compact", options, shape),
        trace_norm_(torch::nn::BatchNorm1dOptions(shape.shots * shape.samples).affine(false)) {
    add_encoder();
    add_mixers();
    add_decoder();
  }

 private:
  void add_encoder() {
    register_module("trace_norm", trace_norm_);
    stem_ = register_module("stem", std::make_shared<CompactBlock>(shape().shots, width(), Pair{7, 5}, Pair{4, 2}));
    middle_ = register_module("middle", std::make_shared<CompactBlock>(width(), 2 * width(), Pair{3, 3}, Pair{2, 2}));
    deep_ = register_module("deep", std::make_shared<CompactBlock>(2 * width(), features(), Pair{3, 3}, Pair{2, 2}));
    position_ = register_parameter("position", torch::zeros({recorded_places(), features()}));
    depth_norm_ = register_module("depth_norm", layer_norm(features()));
    to_depth_ = register_module("to_depth", std::make_shared<Linear>(recorded_places(), coarse()[0] * coarse()[1]));
    add_stage({"trace_norm", "stem", "middle"}, [this](const Activations& gathers) -> Activations {
      const torch::Tensor& x = gathers.front();
      // Each shot and time to mean 0 and variance 1: late, weak arrivals come to the scale of the direct wave.
      const torch::Tensor flat = x.contiguous().view({x.size(0), -1, shape().receivers});
      const torch::Tensor middle = middle_->forward(stem_->forward(trace_norm_(flat).view(x.sizes())));
      return {middle, middle};
    });
    add_stage({"deep", "position", "depth_norm", "to_depth"}, [this](const Activations& middle) -> Activations {
      const torch::Tensor places = deep_->forward(middle[0]).flatten(2).transpose(1, 2);
      const torch::Tensor tokens = depth_norm_(places + position_);
      return {to_depth_->forward(tokens.transpose(1, 2)).transpose(1, 2), middle[1]};
    });
  }

  torch::nn::BatchNorm1d trace_norm_;
  std::shared_ptr<CompactBlock> stem_;
  std::shared_ptr<CompactBlock> middle_;
  std::shared_ptr<CompactBlock> deep_;
  torch::Tensor position_;
  torch::nn::LayerNorm depth_norm_{nullptr};
  std::shared_ptr<Linear> to_depth_;
};

}  // namespace

/// The default network: a small one for gathers that were averaged over blocks of five time samples, x [batch, shots,
/// samples, receivers] to [batch, 1, nz, nx], bounded to [-1, 1] by a hyperbolic tangent. Made for accuracy per unit
/// of compute on a CPU: convolutions only where the grid is already coarse, then layers that mix all places at once
/// (Tolstikhin et al., 2021), because every cell of the map depends on every trace.
///
/// Options: shots (5), samples (200), receivers (70), nz (70), nx (70, the same as receivers), width (32, channels of
/// the first layer), features (256, of each place of the coarse grid), mixers (6).
std::shared_ptr<Backbone> make_compact(const nlohmann::json& options) {
  const nlohmann::json complete = complete_options("compact",
                                                   {{"shots", survey::Openfwi::kShots},
                                                    {"samples", 200},
                                                    {"receivers", survey::Openfwi::kReceivers},
                                                    {"nz", survey::Openfwi::kRows},
                                                    {"nx", survey::Openfwi::kColumns},
                                                    {"width", 32},
                                                    {"features", 256},
                                                    {"mixers", 6}},
                                                   options);
  for (const auto& [key, value] : complete.items()) {
    if (value < 1 || value > 4096) {
      throw UsageError(fmt::format("backbone 'compact': option '{}' expects 1 to 4096, found {}", key, value.dump()));
    }
  }
  const BackboneShape shape{.shots = complete["shots"],
                            .samples = complete["samples"],
                            .receivers = complete["receivers"],
                            .nz = complete["nz"],
                            .nx = complete["nx"]};
  if (shape.receivers != shape.nx) {
    throw UsageError(fmt::format("backbone 'compact': expected as many receivers as columns, found {} and {}",
                                 shape.receivers, shape.nx));
  }
  return std::make_shared<Compact>(complete, shape);
}

}  // namespace strataform::nn
