// A network with every kind of layer, smooth and small enough for finite differences.
#pragma once

#include <torch/torch.h>

#include <memory>

#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"

namespace strataform::peft {

class SmallBackbone : public nn::Backbone {
 public:
  SmallBackbone() : Backbone("small", nlohmann::json::object(), {.shots = 3, .samples = 8, .receivers = 6}) {
    const nn::ConvOptions down{
        .in_channels = 3, .out_channels = 4, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}};
    const nn::ConvOptions grouped{.in_channels = 4, .out_channels = 6, .padding = {1, 1}, .groups = 2};
    const nn::ConvOptions up{
        .in_channels = 6, .out_channels = 3, .kernel = {4, 4}, .stride = {2, 2}, .padding = {1, 1}};
    down_ = register_module("down", std::make_shared<nn::Conv2d>(down));
    register_module("norm", norm_);
    grouped_ = register_module("grouped", std::make_shared<nn::Conv2d>(grouped));
    up_ = register_module("up", std::make_shared<nn::ConvTranspose2d>(up));
    dense_ = register_module("dense", std::make_shared<nn::Linear>(6, 5));
    reset_parameters(3);
  }

 protected:
  torch::Tensor run(const torch::Tensor& x) override {
    const torch::Tensor y = torch::tanh(grouped_->forward(torch::tanh(norm_(down_->forward(x)))));
    return torch::tanh(dense_->forward(up_->forward(y)));
  }

 private:
  std::shared_ptr<nn::Conv2d> down_;
  torch::nn::BatchNorm2d norm_{4};
  std::shared_ptr<nn::Conv2d> grouped_;
  std::shared_ptr<nn::ConvTranspose2d> up_;
  std::shared_ptr<nn::Linear> dense_;
};

inline std::shared_ptr<nn::Backbone> small_backbone() {
  auto backbone = std::make_shared<SmallBackbone>();
  backbone->to(torch::kFloat64);
  // Statistics of a network that has seen data, so that the tests see BatchNorm do something.
  const torch::NoGradGuard no_grad;
  backbone->named_buffers()["norm.running_mean"].fill_(0.1);
  backbone->named_buffers()["norm.running_var"].fill_(0.2);
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
