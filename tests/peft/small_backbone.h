// A network with every kind of layer, smooth and small enough for finite differences.
#pragma once

#include <torch/torch.h>

#include <memory>

#include "strataform/nn/backbone.h"
#include "strataform/nn/normalised_layer.h"
#include "strataform/peft/adapter.h"

namespace strataform::peft {

class SmallBlock : public nn::NormalisedLayer {
 public:
  explicit SmallBlock(const nn::ConvOptions& options) : NormalisedLayer(std::make_shared<nn::Conv2d>(options)) {
    register_module("conv", layer());
    register_module("norm", norm());
  }
  torch::Tensor forward(const torch::Tensor& x) { return NormalisedLayer::forward(x).tanh_(); }
};

class SmallBackbone : public nn::Backbone {
 public:
  SmallBackbone() : Backbone("small", nlohmann::json::object(), {.shots = 3, .samples = 8, .receivers = 6}) {
    const nn::ConvOptions down{
        .in_channels = 3, .out_channels = 4, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}};
    const nn::ConvOptions grouped{.in_channels = 4, .out_channels = 6, .padding = {1, 1}, .groups = 2};
    const nn::ConvOptions up{
        .in_channels = 6, .out_channels = 3, .kernel = {4, 4}, .stride = {2, 2}, .padding = {1, 1}};
    add_stage("down", register_module("down", std::make_shared<SmallBlock>(down)));
    grouped_ = register_module("grouped", std::make_shared<nn::Conv2d>(grouped));
    up_ = register_module("up", std::make_shared<nn::ConvTranspose2d>(up));
    dense_ = register_module("dense", std::make_shared<nn::Linear>(6, 5));
    add_stage({"grouped"}, [this](const nn::Activations& x) -> nn::Activations {
      return {torch::tanh(grouped_->forward(x.front()))};
    });
    add_stage({"up", "dense"}, [this](const nn::Activations& x) -> nn::Activations {
      return {torch::tanh(dense_->forward(up_->forward(x.front())))};
    });
    reset_parameters(3);
  }

 private:
  std::shared_ptr<nn::Conv2d> grouped_;
  std::shared_ptr<nn::ConvTranspose2d> up_;
  std::shared_ptr<nn::Linear> dense_;
};

inline std::shared_ptr<nn::Backbone> small_backbone() {
  auto backbone = std::make_shared<SmallBackbone>();
  backbone->to(torch::kFloat64);
  // Statistics of a network that has seen data, so that the tests see BatchNorm do something.
  const torch::NoGradGuard no_grad;
  backbone->named_buffers()["down.norm.running_mean"].fill_(0.1);
  backbone->named_buffers()["down.norm.running_var"].fill_(0.2);
  nn::set_training(*backbone, nn::BatchNormStatistics::kFrozen);
  return backbone;
}

inline torch::Tensor small_input() {
  torch::manual_seed(2);
  return torch::randn({2, 3, 8, 6}, torch::kFloat64);
}

/// As training would leave an adapter.
inline void disturb(const Adapter& adapter) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  for (const auto& [name, tensor] : adapter.state()) tensor.add_(0.05 * torch::rand_like(tensor));
}

inline AdapterOptions with_target(const std::string& method, const std::string& target) {
  AdapterOptions options;
  options.method = method;
  options.rank = 2;
  options.target = target;
  return options;
}

}  // namespace strataform::peft
