#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "strataform/nn/backbone.h"
#include "strataform/nn/normalised_layer.h"

namespace strataform::nn {

using Pair = std::array<std::int64_t, 2>;

/// A convolution that keeps the extent (divided by the stride, rounded up), BatchNorm and ReLU.
class CompactBlock : public NormalisedLayer {
 public:
  CompactBlock(std::int64_t in, std::int64_t out, Pair kernel, Pair stride);
  torch::Tensor forward(const torch::Tensor& x);
};

/// Mixes places, then features, each by a two-layer perceptron with a residual connection (Tolstikhin et al., 2021):
/// tokens [batch, places, features].
class Mixer : public torch::nn::Module {
 public:
  Mixer(std::int64_t places, std::int64_t features);
  torch::Tensor forward(const torch::Tensor& tokens);

 private:
  torch::nn::LayerNorm place_norm_;
  std::shared_ptr<Linear> place_in_;
  std::shared_ptr<Linear> place_out_;
  torch::nn::LayerNorm feature_norm_;
  std::shared_ptr<Linear> feature_in_;
  std::shared_ptr<Linear> feature_out_;
};

/// What the networks share that see gathers as images and make the map in two steps: mixers over a coarse grid of the
/// map's places, then transposed convolutions that refine those to its cells. One skip connection brings in finer
/// lateral detail; its time axis goes through a dense layer.
class MapNetwork : public Backbone {
 public:
  // The decoder and the last half of the mixers.
  [[nodiscard]] std::string default_targets() const override;

 protected:
  /// Options: width, features, mixers. The shape's samples are those of a trace; places are counted without geometry
  /// rows.
  MapNetwork(std::string name, nlohmann::json options, const BackboneShape& shape);

  /// What a network adds in its constructor, in this order, behind an encoder of its own, which leaves tokens [batch,
  /// coarse places, features] and an image [batch, 2 width, middle places] of the skip connection.
  void add_mixers();
  void add_decoder();
  /// The map from the head's values [batch, outputs, nz, nx].
  [[nodiscard]] virtual torch::Tensor finish(const torch::Tensor& values) const { return torch::tanh(values); }

  /// Places of the map's coarse grid (depth, distance), of the recorded grid (time, receivers) where the skip
  /// connection leaves, and of that grid where times become depths.
  [[nodiscard]] const Pair& coarse() const { return coarse_; }
  [[nodiscard]] const Pair& middle_places() const { return middle_places_; }
  [[nodiscard]] std::int64_t recorded_places() const { return (middle_places_[0] + 1) / 2 * coarse_[1]; }
  [[nodiscard]] std::int64_t width() const { return options()["width"]; }
  [[nodiscard]] std::int64_t features() const { return options()["features"]; }

 private:
  std::shared_ptr<CompactBlock> add_refinement(const std::string& name, std::int64_t channels);
  std::shared_ptr<ConvTranspose2d> add_upsampling(const std::string& name, std::int64_t in, std::int64_t out);

  Pair coarse_{};
  Pair middle_places_{};
  torch::nn::LayerNorm token_norm_{nullptr};
  std::shared_ptr<ConvTranspose2d> up1_;
  std::shared_ptr<Conv2d> skip_;
  std::shared_ptr<Linear> skip_to_depth_;
  std::shared_ptr<CompactBlock> refine1_;
  std::shared_ptr<ConvTranspose2d> up2_;
  std::shared_ptr<CompactBlock> refine2_;
  std::shared_ptr<Conv2d> head_;
};

[[nodiscard]] torch::nn::LayerNorm layer_norm(std::int64_t features);

}  // namespace strataform::nn
