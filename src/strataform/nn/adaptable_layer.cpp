#include "strataform/nn/adaptable_layer.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace strataform::nn {

namespace {

at::IntArrayRef ref(const std::array<std::int64_t, 2>& pair) { return {pair.data(), pair.size()}; }

}  // namespace

std::string_view name_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::kConv2d: return "Conv2d";
    case LayerKind::kConvTranspose2d: return "ConvTranspose2d";
    case LayerKind::kLinear: return "Linear";
  }
  return "";
}

AdaptableLayer::AdaptableLayer(LayerKind kind, at::IntArrayRef weight_shape, std::int64_t groups, std::int64_t strides,
                               bool has_bias)
    : kind_(kind), groups_(groups), strides_(strides) {
  weight = register_parameter("weight", torch::zeros(weight_shape));
  bias = register_parameter("bias", has_bias ? torch::zeros({out_channels()}) : torch::Tensor(), has_bias);
}

std::int64_t AdaptableLayer::out_channels() const {
  return kind_ == LayerKind::kConvTranspose2d ? weight.size(1) * groups_ : weight.size(0);
}

std::int64_t AdaptableLayer::inputs_per_output() const {
  if (kind_ != LayerKind::kConvTranspose2d) return weight[0].numel();
  const std::int64_t taps = weight.size(2) * weight.size(3);
  return std::max<std::int64_t>(1, weight.size(0) / groups_ * taps / strides_);
}

torch::Tensor AdaptableLayer::forward(const torch::Tensor& x) {
  return adapter_ ? adapter_->forward(*this, x) : base_forward(x);
}

torch::Tensor AdaptableLayer::mix_channels(const torch::Tensor& x, const torch::Tensor& pointwise) const {
  constexpr std::array<std::int64_t, 2> kOnes{1, 1}, kZeros{0, 0};
  return torch::conv2d(x, pointwise, {}, ref(kOnes), ref(kZeros), ref(kOnes), groups_);
}

torch::Tensor AdaptableLayer::to_rows(const torch::Tensor& other_weight) const {
  if (kind_ != LayerKind::kConvTranspose2d) return other_weight.reshape({out_channels(), -1});
  const torch::Tensor grouped = other_weight.reshape({groups_, weight.size(0) / groups_, weight.size(1), -1});
  return grouped.transpose(1, 2).reshape({out_channels(), -1});
}

torch::Tensor AdaptableLayer::from_rows(const torch::Tensor& rows) const {
  if (kind_ != LayerKind::kConvTranspose2d) return rows.reshape(weight.sizes());
  const torch::Tensor grouped = rows.reshape({groups_, weight.size(1), weight.size(0) / groups_, -1});
  return grouped.transpose(1, 2).reshape(weight.sizes());
}

torch::Tensor AdaptableLayer::over_output(const torch::Tensor& values) const {
  return kind_ == LayerKind::kLinear ? values : values.view({-1, 1, 1});
}

void AdaptableLayer::reset_parameters(Random& random) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(weight[0].numel()));
  fill_uniform(weight, bound, random);
  if (bias.defined()) fill_uniform(bias, bound, random);
}

void fill_uniform(torch::Tensor tensor, double bound, Random& random) {
  const torch::NoGradGuard no_grad;
  torch::Tensor values = torch::empty(tensor.sizes(), torch::kFloat32);
  std::generate_n(values.data_ptr<float>(), values.numel(),
                  [&] { return static_cast<float>(random.uniform(-bound, bound)); });
  tensor.copy_(values);
}

Conv2d::Conv2d(const ConvOptions& options)
    : AdaptableLayer(LayerKind::kConv2d,
                     {options.out_channels, options.in_channels / options.groups, options.kernel[0], options.kernel[1]},
                     options.groups, options.stride[0] * options.stride[1], options.bias),
      options_(options) {}

torch::Tensor Conv2d::operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                              const torch::Tensor& other_bias) const {
  return torch::conv2d(x, other_weight, other_bias, ref(options_.stride), ref(options_.padding), ref(options_.dilation),
                       options_.groups);
}

ConvTranspose2d::ConvTranspose2d(const ConvOptions& options)
    : AdaptableLayer(LayerKind::kConvTranspose2d,
                     {options.in_channels, options.out_channels / options.groups, options.kernel[0], options.kernel[1]},
                     options.groups, options.stride[0] * options.stride[1], options.bias),
      options_(options) {}

torch::Tensor ConvTranspose2d::operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                                       const torch::Tensor& other_bias) const {
  return torch::conv_transpose2d(x, other_weight, other_bias, ref(options_.stride), ref(options_.padding), 0,
                                 options_.groups, ref(options_.dilation));
}

Linear::Linear(std::int64_t in_features, std::int64_t out_features, bool has_bias)
    : AdaptableLayer(LayerKind::kLinear, {out_features, in_features}, 1, 1, has_bias) {}

torch::Tensor Linear::operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                              const torch::Tensor& other_bias) const {
  return torch::nn::functional::linear(x, other_weight, other_bias);
}

torch::Tensor Linear::mix_channels(const torch::Tensor& x, const torch::Tensor& pointwise) const {
  return torch::nn::functional::linear(x, pointwise);
}

}  // namespace strataform::nn
