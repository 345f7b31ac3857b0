// BitFit (Ben Zaken et al., 2022): trains biases only. Each layer's bias is its own plus a trained one, y = W x + b +
// Δb, Δb starting at zero; layers without a bias get one, which before a frozen normalisation does what a new bias of
// that normalisation would do.
#include "strataform/peft/factories.h"

namespace strataform::peft {
namespace {

class BitfitLayer : public AdaptedLayer {
 public:
  explicit BitfitLayer(const nn::AdaptableLayer& layer) : bias_(trainable_zeros(layer, {layer.out_channels()})) {}

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    return layer.base_forward(x) + layer.over_output(bias_);
  }

  [[nodiscard]] NamedTensors named_tensors() const override { return {{"bias_delta", bias_}}; }

  [[nodiscard]] MergedLayer merged(const nn::AdaptableLayer& layer) const override {
    return {layer.weight, layer.bias.defined() ? layer.bias + bias_ : bias_};
  }

 private:
  torch::Tensor bias_;
};

}  // namespace

Method bitfit_method() {
  Method method;
  method.name = "bitfit";
  method.summary = "one bias for each output channel";
  method.marks = {{"peft_type", "STRATAFORM_BITFIT"}};
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& /*options*/, Random& /*random*/) {
    return std::make_shared<BitfitLayer>(*named.layer);
  };
  return method;
}

}  // namespace strataform::peft
