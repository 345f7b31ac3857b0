#include "strataform/peft/lora.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "strataform/core/error.h"

namespace strataform::peft {

namespace {

using nn::AdaptableLayer;
using nn::LayerKind;

std::vector<std::int64_t> shape_of_a(const AdaptableLayer& layer, std::int64_t rank) {
  std::vector<std::int64_t> shape = layer.weight.sizes().vec();
  if (layer.kind() == LayerKind::kConvTranspose2d) {
    shape[1] = rank / layer.groups();
  } else {
    shape[0] = rank;
  }
  return shape;
}

std::vector<std::int64_t> shape_of_b(const AdaptableLayer& layer, std::int64_t rank) {
  if (layer.kind() == LayerKind::kLinear) return {layer.out_channels(), rank};
  return {layer.out_channels(), rank / layer.groups(), 1, 1};
}

class LoraLayer : public AdaptedLayer {
 public:
  LoraLayer(const AdaptableLayer& layer, std::int64_t rank, double scale, Random& random) : scale_(scale) {
    a_ = torch::zeros(shape_of_a(layer, rank), layer.weight.options());
    b_ = torch::zeros(shape_of_b(layer, rank), layer.weight.options());
    nn::fill_uniform(a_, 1.0 / std::sqrt(static_cast<double>(layer.inputs_per_output())), random);
    a_.set_requires_grad(true);
    b_.set_requires_grad(true);
  }

  [[nodiscard]] torch::Tensor forward(const AdaptableLayer& layer, const torch::Tensor& x) const override {
    const torch::Tensor low = layer.operate(x, a_, {});
    return torch::add(layer.base_forward(x), layer.mix_channels(low, b_), scale_);
  }

  [[nodiscard]] std::vector<std::pair<std::string, torch::Tensor>> named_tensors() const override {
    return {{"lora_A.weight", a_}, {"lora_B.weight", b_}};
  }

  [[nodiscard]] torch::Tensor merged_weight(const AdaptableLayer& layer) const override {
    const torch::NoGradGuard no_grad;
    const std::int64_t groups = layer.groups();
    const torch::Tensor b = b_.view({groups, layer.out_channels() / groups, -1});
    torch::Tensor delta;
    if (layer.kind() == LayerKind::kConvTranspose2d) {
      const torch::Tensor a = a_.view({groups, a_.size(0) / groups, a_.size(1), -1});
      delta = torch::einsum("gcrk,gor->gcok", {a, b});
    } else {
      delta = torch::bmm(b, a_.view({groups, a_.size(0) / groups, -1}));
    }
    return torch::add(layer.weight, delta.reshape(layer.weight.sizes()), scale_);
  }

 private:
  torch::Tensor a_;
  torch::Tensor b_;
  double scale_;
};

std::shared_ptr<AdaptedLayer> adapt(const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
  const AdaptableLayer& layer = *named.layer;
  const double scale = lora_scale(options);
  const std::int64_t largest = std::max(layer.out_channels(), layer.weight.numel() / layer.out_channels());
  if (options.rank > largest) {
    throw UsageError(
        fmt::format("rank: expected at most {} for layer '{}', found {}", largest, named.path, options.rank));
  }
  if (options.rank % layer.groups() != 0) {
    throw UsageError(fmt::format("rank: expected a multiple of {}, the groups of layer '{}', found {}", layer.groups(),
                                 named.path, options.rank));
  }
  return std::make_shared<LoraLayer>(layer, options.rank, scale, random);
}

}  // namespace

double lora_alpha(const AdapterOptions& options) {
  return options.alpha.value_or(2.0 * static_cast<double>(options.rank));
}

double lora_scale(const AdapterOptions& options) {
  if (options.rank < 1) throw UsageError(fmt::format("rank: expected at least 1, found {}", options.rank));
  const double alpha = lora_alpha(options);
  if (!std::isfinite(alpha) || alpha <= 0.0) {
    throw UsageError(fmt::format("alpha: expected a positive number, found {}", alpha));
  }
  const auto rank = static_cast<double>(options.rank);
  return alpha / (options.rank_stabilised ? std::sqrt(rank) : rank);
}

Method lora_method() {
  return {.name = "lora",
          .summary = "low-rank updates of convolutions, transposed convolutions and dense layers",
          .file_type = "LORA",
          .merges = true,
          .adapt = adapt};
}

}  // namespace strataform::peft
