#include "strataform/nn/adaptable_layer.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "strataform/core/choice.h"
#include "strataform/nn/device.h"

namespace strataform::nn {

namespace {

at::IntArrayRef ref(const std::array<std::int64_t, 2>& pair) { return {pair.data(), pair.size()}; }

/// value(x, weight, bias), and its gradients in the type of gradient. The output's channels are its dimension
/// channels.
struct Product {
  std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias)> value;
  std::function<LayerGradients(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight,
                               Wanted wanted)>
      gradients;
  std::int64_t channels = 1;
};

/// Whether a product with x is to be of bfloat16 on a CPU that LibTorch has no fast kernels for.
bool is_emulated(const torch::Tensor& x) {
  return !multiplies_bfloat16(x.device()) && at::autocast::is_autocast_enabled(at::kCPU) &&
         at::autocast::get_autocast_dtype(at::kCPU) == torch::kBFloat16;
}

/// The type that gradients are computed in.
torch::ScalarType arithmetic_of(const torch::Tensor& gradient) {
  const auto type = gradient.scalar_type();
  return type == torch::kBFloat16 && !multiplies_bfloat16(gradient.device()) ? torch::kFloat32 : type;
}

torch::Tensor to_type(const torch::Tensor& tensor, torch::ScalarType type) {
  return tensor.defined() ? tensor.to(type) : tensor;
}

/// For backward passes that need the shape of x alone: its values are not kept, and those of kept_shape() not read.
void keep_shape(torch::autograd::AutogradContext& context, const torch::Tensor& x) {
  context.saved_data["sizes"] = x.sizes();
  context.saved_data["channels_last"] = x.suggest_memory_format() == torch::MemoryFormat::ChannelsLast;
}
torch::Tensor kept_shape(torch::autograd::AutogradContext& context, const torch::TensorOptions& options) {
  const bool channels_last = context.saved_data["channels_last"].toBool();
  const auto format = channels_last ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
  return torch::empty(context.saved_data["sizes"].toIntVector(), options.memory_format(format));
}

struct EmulatedCall : torch::CustomClassHolder {
  explicit EmulatedCall(Product emulated_product) : product(std::move(emulated_product)) {}
  Product product;
};

/// A product as a CPU with bfloat16 instructions has it: of rounded operands, added up in float32, rounded in the end.
/// What is kept for the backward pass is bfloat16, too.
struct EmulatedProduct : torch::autograd::Function<EmulatedProduct> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const std::optional<torch::Tensor>& bias,
                               const c10::intrusive_ptr<EmulatedCall>& call) {
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const torch::Tensor half_x = x.to(torch::kBFloat16);
    const torch::Tensor half_weight = weight.to(torch::kBFloat16);
    context->save_for_backward({weight.requires_grad() ? half_x : torch::Tensor(), half_weight});
    keep_shape(*context, x);
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    context->saved_data["trains_bias"] = bias && bias->requires_grad();
    return call->product
        .value(half_x.to(torch::kFloat32), half_weight.to(torch::kFloat32),
               bias ? bias->to(torch::kBFloat16).to(torch::kFloat32) : torch::Tensor())
        .to(torch::kBFloat16);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto call = c10::static_intrusive_pointer_cast<EmulatedCall>(context->saved_data["call"].toCapsule());
    const auto saved = context->get_saved_variables();
    const torch::Tensor& gradient = gradients.front();
    const torch::Tensor x = saved[0].defined() ? saved[0] : kept_shape(*context, gradient.options());
    const LayerGradients found = call->product.gradients(
        gradient, x, saved[1], {.x = context->needs_input_grad(0), .weight = context->needs_input_grad(1)});
    torch::Tensor of_bias;
    if (context->saved_data["trains_bias"].toBool()) {
      std::vector<std::int64_t> others;
      for (std::int64_t i = 0; i < gradient.dim(); ++i) {
        if (i != call->product.channels) others.push_back(i);
      }
      of_bias = gradient.sum(others);
    }
    return {found.x, found.weight, of_bias, {}};
  }
};

torch::Tensor multiply(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                       const Product& product) {
  if (!is_emulated(x)) return product.value(x, weight, bias);
  // Autograd takes no undefined tensors.
  const std::optional<torch::Tensor> given_bias = bias.defined() ? std::optional(bias) : std::nullopt;
  return EmulatedProduct::apply(x, weight, given_bias, c10::make_intrusive<EmulatedCall>(product));
}

LayerGradients convolution_gradients(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight,
                                     const ConvOptions& options, bool transposed, Wanted wanted) {
  // Under autocast the gradient is of another type than the tensors.
  const auto type = arithmetic_of(gradient);
  auto [of_x, of_weight, of_bias] = at::convolution_backward(
      gradient.to(type), x.to(type), weight.to(type), c10::nullopt, ref(options.stride), ref(options.padding),
      ref(options.dilation), transposed, {0, 0}, options.groups, {wanted.x, wanted.weight, false});
  return {to_type(of_x, gradient.scalar_type()), to_type(of_weight, gradient.scalar_type())};
}

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                       const ConvOptions& options, bool transposed) {
  const auto value = [options, transposed](const torch::Tensor& of_x, const torch::Tensor& of_weight,
                                           const torch::Tensor& of_bias) {
    if (!transposed) {
      return torch::conv2d(of_x, of_weight, of_bias, ref(options.stride), ref(options.padding), ref(options.dilation),
                           options.groups);
    }
    return torch::conv_transpose2d(of_x, of_weight, of_bias, ref(options.stride), ref(options.padding), 0,
                                   options.groups, ref(options.dilation));
  };
  const auto gradients = [options, transposed](const torch::Tensor& gradient, const torch::Tensor& of_x,
                                               const torch::Tensor& of_weight, Wanted wanted) {
    return convolution_gradients(gradient, of_x, of_weight, options, transposed, wanted);
  };
  return multiply(x, weight, bias, {value, gradients, /*channels=*/1});
}

LayerGradients linear_gradients(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight,
                                Wanted wanted) {
  const auto type = arithmetic_of(gradient);
  const torch::Tensor exact = gradient.to(type);
  LayerGradients result;
  if (wanted.x) result.x = torch::matmul(exact, weight.to(type)).to(gradient.scalar_type());
  if (wanted.weight) {
    const torch::Tensor rows = exact.reshape({-1, exact.size(-1)});
    result.weight = torch::mm(rows.t(), x.to(type).reshape({-1, x.size(-1)})).to(gradient.scalar_type());
  }
  return result;
}

/// A convolution that mixes the channels of each place.
ConvOptions mixing(std::int64_t groups) { return {.kernel = {1, 1}, .groups = groups}; }

struct FrozenCall : torch::CustomClassHolder {
  FrozenCall(torch::Tensor constant_weight, torch::Tensor constant_bias, const ConvOptions& geometry,
             bool is_transposed)
      : weight(std::move(constant_weight)), bias(std::move(constant_bias)), options(geometry),
        transposed(is_transposed) {}
  torch::Tensor weight, bias;
  ConvOptions options;
  bool transposed;
};

/// A convolution whose weight and bias are constants. LibTorch's own keeps x for the gradient of the weight, whether
/// anybody asks for that or not.
struct FrozenConvolution : torch::autograd::Function<FrozenConvolution> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const c10::intrusive_ptr<FrozenCall>& call) {
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    keep_shape(*context, x);
    return convolve(x, call->weight, call->bias, call->options, call->transposed);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto call = c10::static_intrusive_pointer_cast<FrozenCall>(context->saved_data["call"].toCapsule());
    const torch::Tensor shape_of_x = kept_shape(*context, gradients.front().options());
    return {convolution_gradients(gradients.front(), shape_of_x, call->weight, call->options, call->transposed,
                                  {.x = true, .weight = false})
                .x,
            {}};
  }
};

torch::Tensor convolve_sparingly(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                                 const ConvOptions& options, bool transposed) {
  const bool is_constant = !weight.requires_grad() && !(bias.defined() && bias.requires_grad());
  if (!is_constant || !x.requires_grad() || !torch::GradMode::is_enabled()) {
    return convolve(x, weight, bias, options, transposed);
  }
  return FrozenConvolution::apply(x, c10::make_intrusive<FrozenCall>(weight, bias, options, transposed));
}

}  // namespace

std::string_view name_of(LayerKind kind) {
  constexpr Choice<LayerKind> kLayers[] = {
      {"Conv2d", LayerKind::kConv2d}, {"ConvTranspose2d", LayerKind::kConvTranspose2d}, {"Linear", LayerKind::kLinear}};
  return name_of(kLayers, kind);
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
  return convolve(x, pointwise, {}, mixing(groups_), /*transposed=*/false);
}

LayerGradients AdaptableLayer::mix_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                             const torch::Tensor& pointwise) const {
  return convolution_gradients(gradient, x, pointwise, mixing(groups_), /*transposed=*/false, {});
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

torch::Tensor AdaptableLayer::scale_channels(const torch::Tensor& other_weight, const torch::Tensor& factors) const {
  const torch::Tensor scaled = from_rows(to_rows(other_weight) * factors.unsqueeze(1));
  return scaled.dim() == 4 ? scaled.contiguous(other_weight.suggest_memory_format()) : scaled;
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
  return convolve_sparingly(x, other_weight, other_bias, options_, /*transposed=*/false);
}

LayerGradients Conv2d::operate_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                         const torch::Tensor& other_weight, Wanted wanted) const {
  return convolution_gradients(gradient, x, other_weight, options_, /*transposed=*/false, wanted);
}

ConvTranspose2d::ConvTranspose2d(const ConvOptions& options)
    : AdaptableLayer(LayerKind::kConvTranspose2d,
                     {options.in_channels, options.out_channels / options.groups, options.kernel[0], options.kernel[1]},
                     options.groups, options.stride[0] * options.stride[1], options.bias),
      options_(options) {}

torch::Tensor ConvTranspose2d::operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                                       const torch::Tensor& other_bias) const {
  return convolve_sparingly(x, other_weight, other_bias, options_, /*transposed=*/true);
}

LayerGradients ConvTranspose2d::operate_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                                  const torch::Tensor& other_weight, Wanted wanted) const {
  return convolution_gradients(gradient, x, other_weight, options_, /*transposed=*/true, wanted);
}

Linear::Linear(std::int64_t in_features, std::int64_t out_features, bool has_bias)
    : AdaptableLayer(LayerKind::kLinear, {out_features, in_features}, 1, 1, has_bias) {}

torch::Tensor Linear::operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                              const torch::Tensor& other_bias) const {
  return multiply(x, other_weight, other_bias,
                  {torch::nn::functional::linear, linear_gradients, /*channels=*/x.dim() - 1});
}

LayerGradients Linear::operate_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                         const torch::Tensor& other_weight, Wanted wanted) const {
  return linear_gradients(gradient, x, other_weight, wanted);
}

LayerGradients Linear::mix_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                     const torch::Tensor& pointwise) const {
  return operate_gradients(gradient, x, pointwise, {});
}

torch::Tensor Linear::mix_channels(const torch::Tensor& x, const torch::Tensor& pointwise) const {
  return operate(x, pointwise, {});
}

}  // namespace strataform::nn
