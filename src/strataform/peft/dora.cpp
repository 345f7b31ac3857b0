// Weight-decomposed low-rank adaptation (Liu et al., 2024): W' = m · (W + s B A) / |W + s B A|, one magnitude m and one
// norm for each output channel. As the paper proposes (section 4.3), no gradient goes through the norm. m starts at
// |W|, so that W' = W.
#include "strataform/peft/factories.h"
#include "strataform/peft/low_rank.h"

namespace strataform::peft {
namespace {

/// The norm of each output channel's weights, [Cout].
torch::Tensor norms_of(const nn::AdaptableLayer& layer, const torch::Tensor& weight) {
  return torch::linalg_vector_norm(layer.to_rows(weight), 2, at::IntArrayRef{1});
}

class DoraLayer : public AdaptedLayer {
 public:
  DoraLayer(const nn::AdaptableLayer& layer, LowRankFactors factors, double scale)
      : factors_(std::move(factors)), scale_(scale) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor norms = norms_of(layer, layer.weight);
    // The shapes that the Python library stores.
    const bool is_linear = layer.kind() == nn::LayerKind::kLinear;
    magnitude_ = is_linear ? norms : norms.view({1, -1, 1, 1}).clone();
    magnitude_.set_requires_grad(true);
  }

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    // W' x + b, arranged so that an untrained adapter changes no bit.
    const torch::Tensor gain = gains(layer);
    torch::Tensor y = factors_.updated_forward(layer, x, scale_) * layer.over_output(gain);
    return layer.bias.defined() ? y.add_(layer.over_output(layer.bias * (1.0 - gain))) : y;
  }

  [[nodiscard]] NamedTensors named_tensors() const override {
    return {{"lora_A.weight", factors_.a}, {"lora_B.weight", factors_.b}, {"lora_magnitude_vector", magnitude_}};
  }

  [[nodiscard]] MergedLayer merged(const nn::AdaptableLayer& layer) const override {
    return {layer.scale_channels(updated(layer), gains(layer)), layer.bias};
  }

 private:
  [[nodiscard]] torch::Tensor updated(const nn::AdaptableLayer& layer) const {
    return torch::add(layer.weight, factors_.product(layer), scale_);
  }

  /// m / |W + s B A|, [Cout].
  [[nodiscard]] torch::Tensor gains(const nn::AdaptableLayer& layer) const {
    torch::Tensor norms;
    {
      const torch::NoGradGuard no_grad;
      norms = norms_of(layer, updated(layer));
    }
    // A channel without weights has magnitude 0 and stays as it is.
    return magnitude_.flatten() / norms.masked_fill(norms == 0, 1.0);
  }

  LowRankFactors factors_;
  torch::Tensor magnitude_;
  double scale_;
};

}  // namespace

Method dora_method() {
  Method method = low_rank_method();
  method.name = "dora";
  method.summary = "LoRA with a trained magnitude for each output channel";
  method.marks = {{"peft_type", "LORA"}, {"use_dora", true}};
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
    const double scale = scale_of(options);
    return std::make_shared<DoraLayer>(*named.layer, LowRankFactors(named, options.rank, random), scale);
  };
  return method;
}

}  // namespace strataform::peft
