// (IA)³, infused adapter by inhibiting and amplifying inner activations (Liu et al., 2022): y = l ∘ (W x + b), one
// trained factor l for each output channel, starting at 1.
#include "strataform/peft/factories.h"

namespace strataform::peft {
namespace {

class Ia3Layer : public AdaptedLayer {
 public:
  explicit Ia3Layer(const nn::AdaptableLayer& layer) {
    // The shapes that the Python library stores.
    const bool is_linear = layer.kind() == nn::LayerKind::kLinear;
    using Shape = std::vector<std::int64_t>;
    factors_ =
        trainable_zeros(layer, is_linear ? Shape{layer.out_channels(), 1} : Shape{1, layer.out_channels(), 1, 1});
    const torch::NoGradGuard no_grad;
    factors_.fill_(1.0);
  }

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    return layer.base_forward(x) * layer.over_output(factors_.flatten());
  }

  [[nodiscard]] NamedTensors named_tensors() const override { return {{"ia3_l", factors_}}; }

  [[nodiscard]] MergedLayer merged(const nn::AdaptableLayer& layer) const override {
    const torch::Tensor factors = factors_.flatten();
    return {layer.scale_channels(layer.weight, factors), layer.bias.defined() ? layer.bias * factors : layer.bias};
  }

 private:
  torch::Tensor factors_;
};

}  // namespace

Method ia3_method() {
  Method method;
  method.name = "ia3";
  method.summary = "one factor for each output channel";
  method.marks = {{"peft_type", "IA3"}};
  method.fixed = {{"feedforward_modules", nlohmann::json::array()}};  // no layer scales its input instead of its output
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& /*options*/, Random& /*random*/) {
    return std::make_shared<Ia3Layer>(*named.layer);
  };
  return method;
}

}  // namespace strataform::peft
