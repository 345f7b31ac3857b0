// Bottleneck adapters of convolutional and dense layers, `rank` channels wide, U starting at zero:
//   serial (Houlsby et al., 2019)    y = h + U σ(D h), h = W x, D and U 1x1 convolutions over the layer's output
//   parallel (He et al., 2022)       y = W x + U σ(D x), D with the layer's own kernel and stride
// σ is GELU. They are not linear in x, so they stay beside the weights.
#include "strataform/peft/bottleneck.h"

#include <cmath>

#include "strataform/peft/factories.h"
#include "strataform/peft/low_rank.h"

namespace strataform::peft {

OutputBottleneck::OutputBottleneck(const nn::NamedLayer& named, std::int64_t width, Random& random) {
  check_rank(named, width);
  const nn::AdaptableLayer& layer = *named.layer;
  const std::int64_t groups = layer.groups();
  const std::int64_t channels = layer.out_channels();
  const std::int64_t inputs = channels / groups;
  std::vector<std::int64_t> shape_down{width, inputs};
  std::vector<std::int64_t> shape_up{channels, width / groups};
  if (layer.kind() != nn::LayerKind::kLinear) {
    for (auto* shape : {&shape_down, &shape_up}) shape->insert(shape->end(), {1, 1});
  }
  down = trainable_zeros(layer, shape_down);
  up = trainable_zeros(layer, shape_up);
  nn::fill_uniform(down, 1.0 / std::sqrt(static_cast<double>(inputs)), random);
}

namespace {

constexpr const char* kUnmergeable = "its bottleneck is not linear";

class SerialLayer : public AdaptedLayer {
 public:
  explicit SerialLayer(OutputBottleneck bottleneck) : bottleneck_(std::move(bottleneck)) {}

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    const torch::Tensor h = layer.base_forward(x);
    const torch::Tensor low = torch::gelu(layer.mix_channels(h, bottleneck_.down));
    return h + layer.mix_channels(low, bottleneck_.up);
  }

  [[nodiscard]] NamedTensors named_tensors() const override {
    return {{"adapter_down.weight", bottleneck_.down}, {"adapter_up.weight", bottleneck_.up}};
  }

 private:
  OutputBottleneck bottleneck_;
};

class ParallelLayer : public AdaptedLayer {
 public:
  explicit ParallelLayer(LowRankFactors factors) : factors_(std::move(factors)) {}

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    const torch::Tensor low = torch::gelu(layer.operate(x, factors_.a, {}));
    return layer.base_forward(x).add_(layer.mix_channels(low, factors_.b));
  }

  [[nodiscard]] NamedTensors named_tensors() const override {
    return {{"adapter_down.weight", factors_.a}, {"adapter_up.weight", factors_.b}};
  }

 private:
  LowRankFactors factors_;
};

}  // namespace

Method serial_adapter_method() {
  Method method;
  method.name = "adapter";
  method.summary = "a bottleneck after each layer";
  method.marks = {{"peft_type", "STRATAFORM_ADAPTER"}};
  method.unmergeable = kUnmergeable;
  method.has_rank = true;
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
    return std::make_shared<SerialLayer>(OutputBottleneck(named, options.rank, random));
  };
  return method;
}

Method parallel_adapter_method() {
  Method method;
  method.name = "parallel-adapter";
  method.summary = "a bottleneck beside each layer, with the layer's own kernel";
  method.marks = {{"peft_type", "STRATAFORM_PARALLEL_ADAPTER"}};
  method.unmergeable = kUnmergeable;
  method.has_rank = true;
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
    return std::make_shared<ParallelLayer>(LowRankFactors(named, options.rank, random));
  };
  return method;
}

}  // namespace strataform::peft
