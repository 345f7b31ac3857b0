// Low-rank adaptation (Hu et al., 2022): y = W x + s · B (A x), ΔW = s · B A, s = alpha / rank.
#include <cmath>
#include <cstdint>
#include <vector>

#include "strataform/peft/factories.h"
#include "strataform/peft/low_rank.h"

namespace strataform::peft {
namespace {

using nn::LayerKind;

std::vector<std::int64_t> shape_of_a(const nn::AdaptableLayer& layer, std::int64_t rank) {
  std::vector<std::int64_t> shape = layer.weight.sizes().vec();
  if (layer.kind() == LayerKind::kConvTranspose2d) {
    shape[1] = rank / layer.groups();
  } else {
    shape[0] = rank;
  }
  return shape;
}

std::vector<std::int64_t> shape_of_b(const nn::AdaptableLayer& layer, std::int64_t rank) {
  if (layer.kind() == LayerKind::kLinear) return {layer.out_channels(), rank};
  return {layer.out_channels(), rank / layer.groups(), 1, 1};
}

struct UpdatedCall : torch::CustomClassHolder {
  UpdatedCall(const nn::AdaptableLayer& adapted_layer, const LowRankFactors& low_rank, double factor)
      : layer(adapted_layer), factors(low_rank), scale(factor) {}
  const nn::AdaptableLayer& layer;
  const LowRankFactors& factors;
  double scale;
};

/// A dense layer's operations would each copy rows that do not lie one behind the other.
torch::Tensor in_order(const nn::AdaptableLayer& layer, const torch::Tensor& x) {
  return layer.kind() == LayerKind::kLinear ? x.contiguous() : x;
}

/// (W + s B A) x + b with W and b constant. Where the output has many more values than W, adding the update to W costs
/// less than adding B (A x) to the output.
struct UpdatedOperation : torch::autograd::Function<UpdatedOperation> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& a, const torch::Tensor& b,
                               const c10::intrusive_ptr<UpdatedCall>& call) {
    const nn::AdaptableLayer& layer = call->layer;
    const torch::Tensor x = in_order(layer, input);
    const torch::Tensor low = layer.operate(x, a, {});
    const bool adds_to_weight = low.numel() / b.size(1) * b.size(0) / layer.groups() > 4 * layer.weight.numel();
    const torch::Tensor weight =
        adds_to_weight ? torch::add(layer.weight, call->factors.product(layer), call->scale) : layer.weight;
    torch::Tensor y = layer.operate(x, weight, layer.bias);
    if (!adds_to_weight) y.add_(layer.mix_channels(low, b), call->scale);
    context->save_for_backward({x, a, b, low, weight});
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    context->saved_data["adds_to_weight"] = adds_to_weight;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto call = c10::static_intrusive_pointer_cast<UpdatedCall>(context->saved_data["call"].toCapsule());
    const bool adds_to_weight = context->saved_data["adds_to_weight"].toBool();
    const bool wants_x = context->needs_input_grad(0);
    const auto saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &a = saved[1], &b = saved[2], &low = saved[3], &weight = saved[4];
    const torch::Tensor gradient = in_order(call->layer, gradients.front());
    nn::LayerGradients mixed = call->layer.mix_gradients(gradient, low, b);
    mixed.x.mul_(call->scale);
    const nn::LayerGradients narrow =
        call->layer.operate_gradients(mixed.x, x, a, {.x = wants_x && !adds_to_weight, .weight = true});
    torch::Tensor of_x;
    if (wants_x) of_x = call->layer.operate_gradients(gradient, x, weight, {.x = true, .weight = false}).x;
    if (narrow.x.defined()) of_x.add_(narrow.x);
    return {of_x, narrow.weight, mixed.weight.mul_(call->scale), {}};
  }
};

class LoraLayer : public AdaptedLayer {
 public:
  LoraLayer(LowRankFactors factors, double scale) : factors_(std::move(factors)), scale_(scale) {}

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    return factors_.updated_forward(layer, x, scale_);
  }

  [[nodiscard]] NamedTensors named_tensors() const override {
    return {{"lora_A.weight", factors_.a}, {"lora_B.weight", factors_.b}};
  }

  [[nodiscard]] MergedLayer merged(const nn::AdaptableLayer& layer) const override {
    return {torch::add(layer.weight, factors_.product(layer), scale_), layer.bias};
  }

 private:
  LowRankFactors factors_;
  double scale_;
};

}  // namespace

LowRankFactors::LowRankFactors(const nn::NamedLayer& named, std::int64_t rank, Random& random) {
  check_rank(named, rank);
  const nn::AdaptableLayer& layer = *named.layer;
  a = trainable_zeros(layer, shape_of_a(layer, rank));
  b = trainable_zeros(layer, shape_of_b(layer, rank));
  nn::fill_uniform(a, 1.0 / std::sqrt(static_cast<double>(layer.inputs_per_output())), random);
}

torch::Tensor LowRankFactors::updated_forward(const nn::AdaptableLayer& layer, const torch::Tensor& x,
                                              double scale) const {
  return UpdatedOperation::apply(x, a, b, c10::make_intrusive<UpdatedCall>(layer, *this, scale));
}

torch::Tensor LowRankFactors::product(const nn::AdaptableLayer& layer) const {
  const std::int64_t groups = layer.groups();
  const torch::Tensor grouped_b = b.reshape({groups, layer.out_channels() / groups, -1});
  torch::Tensor product;
  if (layer.kind() == LayerKind::kConvTranspose2d) {
    product = torch::einsum("gcrk,gor->gcok", {a.reshape({groups, a.size(0) / groups, a.size(1), -1}), grouped_b});
  } else {
    product = torch::bmm(grouped_b, a.reshape({groups, a.size(0) / groups, -1}));
  }
  return product.reshape(layer.weight.sizes());
}

namespace {

const std::vector<io::Option<LowRankOptions>>& low_rank_options() {
  static const std::vector<io::Option<LowRankOptions>> options = {
      {"rank_stabilised", "Scale by alpha / sqrt(rank)", &LowRankOptions::rank_stabilised}};
  return options;
}

}  // namespace

double scale_of(const AdapterOptions& options) {
  const double alpha = alpha_of(options);
  const auto rank = static_cast<double>(options.rank);
  return alpha / (read_own(low_rank_options(), options).rank_stabilised ? std::sqrt(rank) : rank);
}

Method low_rank_method() {
  Method method;
  method.has_rank = true;
  method.alpha_key = "lora_alpha";
  method.fixed = {{"lora_dropout", 0.0}, {"bias", "none"}, {"modules_to_save", nullptr}};
  method.options = described(low_rank_options());
  method.portable_options = {{"rank_stabilised", "use_rslora"}};
  return method;
}

Method lora_method() {
  Method method = low_rank_method();
  method.name = "lora";
  method.summary = "low-rank updates of convolutions, transposed convolutions and dense layers";
  method.marks = {{"peft_type", "LORA"}, {"use_dora", false}};
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
    const double scale = scale_of(options);
    return std::make_shared<LoraLayer>(LowRankFactors(named, options.rank, random), scale);
  };
  return method;
}

}  // namespace strataform::peft
