// Low-rank Hadamard product (Hyeon-Woo et al., 2022): ΔW = s · (B1 A1) ∘ (B2 A2), s = alpha / rank, over the weight as
// one row for each output channel. Twice the parameters of LoRA give an update of up to the square of the rank. B2
// starts at zero.
#include <cmath>

#include "strataform/peft/factories.h"
#include "strataform/peft/low_rank.h"

namespace strataform::peft {
namespace {

class LohaLayer : public AdaptedLayer {
 public:
  LohaLayer(const nn::AdaptableLayer& layer, std::int64_t rank, double scale, Random& random) : scale_(scale) {
    const std::int64_t inputs = layer.weight.numel() / layer.out_channels();
    b1_ = trainable_zeros(layer, {layer.out_channels(), rank});
    a1_ = trainable_zeros(layer, {rank, inputs});
    b2_ = trainable_zeros(layer, {layer.out_channels(), rank});
    a2_ = trainable_zeros(layer, {rank, inputs});
    // Products of the size of LoRA's: B like a layer of its own, A like the layer.
    nn::fill_uniform(b1_, 1.0 / std::sqrt(static_cast<double>(rank)), random);
    for (const torch::Tensor& a : {a1_, a2_}) {
      nn::fill_uniform(a, 1.0 / std::sqrt(static_cast<double>(layer.inputs_per_output())), random);
    }
  }

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    return layer.operate(x, updated(layer), layer.bias);
  }

  [[nodiscard]] NamedTensors named_tensors() const override {
    return {{"hada_w1_a", b1_}, {"hada_w1_b", a1_}, {"hada_w2_a", b2_}, {"hada_w2_b", a2_}};
  }

  [[nodiscard]] MergedLayer merged(const nn::AdaptableLayer& layer) const override {
    return {updated(layer), layer.bias};
  }

 private:
  [[nodiscard]] torch::Tensor updated(const nn::AdaptableLayer& layer) const {
    const torch::Tensor product = torch::mm(b1_, a1_) * torch::mm(b2_, a2_);
    return torch::add(layer.weight, layer.from_rows(product), scale_);
  }

  torch::Tensor b1_, a1_, b2_, a2_;
  double scale_;
};

}  // namespace

Method loha_method() {
  Method method;
  method.name = "loha";
  method.summary = "Hadamard products of two low-rank updates";
  method.marks = {{"peft_type", "LOHA"}};
  method.has_rank = true;
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
    check_rank(named, options.rank * named.layer->groups());
    return std::make_shared<LohaLayer>(*named.layer, options.rank, scale_of(options), random);
  };
  return method;
}

}  // namespace strataform::peft
