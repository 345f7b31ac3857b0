#pragma once

#include <torch/torch.h>

#include <memory>

#include "strataform/nn/adaptable_layer.h"
#include "strataform/nn/backbone.h"

namespace strataform::nn {

/// A layer and the BatchNorm behind it. Where the statistics and the affine part of BatchNorm do not change, it is one
/// factor and one shift for each channel, which fold() works into the layer's weights; behind an adapter, whose output
/// comes in between, they are applied in place. Both compute what BatchNorm computes, for less time and memory.
class NormalisedLayer : public torch::nn::Module {
 public:
  /// A new tensor, which the caller may change in place.
  torch::Tensor forward(const torch::Tensor& x) {
    if (!gain_.defined()) return norm_(layer_->forward(x));
    if (!layer_->adapter()) return layer_->operate(x, folded_weight_, shift_);
    return layer_->forward(x).mul_(layer_->over_output(gain_)).add_(layer_->over_output(shift_));
  }

  /// Does nothing where layer or BatchNorm are trained or the statistics follow the data. Weights that change
  /// afterwards are not seen before unfold().
  void fold() {
    const torch::NoGradGuard no_grad;
    bool changes = norm_->is_training() || layer_->weight.requires_grad();
    for (const torch::Tensor& parameter : norm_->parameters()) changes = changes || parameter.requires_grad();
    if (changes) return;
    gain_ = norm_->weight / torch::sqrt(norm_->running_var + norm_->options.eps());
    shift_ = norm_->bias - norm_->running_mean * gain_;
    if (layer_->adapter()) return;
    folded_weight_ = layer_->scale_channels(layer_->weight, gain_);
    if (layer_->bias.defined()) shift_ = shift_ + layer_->bias * gain_;
  }
  void unfold() { gain_ = shift_ = folded_weight_ = torch::Tensor(); }

 protected:
  /// The modules are registered by the class that names them.
  explicit NormalisedLayer(std::shared_ptr<AdaptableLayer> layer)
      : layer_(std::move(layer)), norm_(layer_->out_channels()) {}

  [[nodiscard]] const std::shared_ptr<AdaptableLayer>& layer() const { return layer_; }
  [[nodiscard]] torch::nn::BatchNorm2d& norm() { return norm_; }

 private:
  std::shared_ptr<AdaptableLayer> layer_;
  torch::nn::BatchNorm2d norm_;
  torch::Tensor gain_;           ///< [Cout]; undefined where nothing is folded
  torch::Tensor shift_;          ///< [Cout], the layer's bias in it where the weight is folded
  torch::Tensor folded_weight_;  ///< undefined behind an adapter
};

/// For a scope: every frozen BatchNorm of the network is folded. Nobody may change frozen weights meanwhile.
class FoldedNorms {
 public:
  explicit FoldedNorms(const Backbone& network) : modules_(network.modules()) {
    for_each([](NormalisedLayer& layer) { layer.fold(); });
  }
  ~FoldedNorms() {
    for_each([](NormalisedLayer& layer) { layer.unfold(); });
  }
  FoldedNorms(const FoldedNorms&) = delete;
  FoldedNorms& operator=(const FoldedNorms&) = delete;
  FoldedNorms(FoldedNorms&&) = delete;
  FoldedNorms& operator=(FoldedNorms&&) = delete;

 private:
  template <class Action>
  void for_each(Action action) {
    for (const auto& module : modules_) {
      if (auto* layer = dynamic_cast<NormalisedLayer*>(module.get())) action(*layer);
    }
  }

  std::vector<std::shared_ptr<torch::nn::Module>> modules_;
};

}  // namespace strataform::nn
