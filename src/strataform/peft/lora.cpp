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

class LoraLayer : public AdaptedLayer {
 public:
  LoraLayer(LowRankFactors factors, double scale) : factors_(std::move(factors)), scale_(scale) {}

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    return torch::add(layer.base_forward(x), factors_.apply(layer, x), scale_);
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

torch::Tensor LowRankFactors::apply(const nn::AdaptableLayer& layer, const torch::Tensor& x) const {
  return layer.mix_channels(layer.operate(x, a, {}), b);
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

Method lora_method() {
  Method method;
  method.name = "lora";
  method.summary = "low-rank updates of convolutions, transposed convolutions and dense layers";
  method.marks = {{"peft_type", "LORA"}, {"use_dora", false}};
  method.has_rank = true;
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
    const double scale = scale_of(options);
    return std::make_shared<LoraLayer>(LowRankFactors(named, options.rank, random), scale);
  };
  return method;
}

}  // namespace strataform::peft
