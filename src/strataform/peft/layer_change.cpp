#include "strataform/peft/layer_change.h"

#include <torch/torch.h>

#include <cmath>

#include "strataform/model/model.h"
#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::peft {
namespace {

double square_sum(const torch::Tensor& tensor) {
  return tensor.detach().to(torch::kFloat64).square().sum().item<double>();
}

std::string layer_of(const std::string& parameter) { return parameter.substr(0, parameter.rfind('.')); }

/// A layer's parameters, squared and summed.
struct Sums {
  std::string layer;
  double own = 0.0;
  double change = 0.0;
};

}  // namespace

std::vector<LayerChange> layer_changes(const model::Model& network, const LoadedAdapter& adapter) {
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& tensor : network.backbone->parameters()) before.push_back(tensor.detach().clone());
  const std::shared_ptr<Adapter> worn = adapter.put_on(network);
  worn->merge();
  std::vector<Sums> layers;
  std::size_t place = 0;
  for (const auto& parameter : network.backbone->named_parameters()) {
    const torch::Tensor& own = before.at(place++);
    const std::string layer = layer_of(parameter.key());
    if (layers.empty() || layers.back().layer != layer) layers.push_back({layer});
    layers.back().own += square_sum(own);
    layers.back().change += square_sum(parameter.value().detach() - own);
  }
  std::vector<LayerChange> changes;
  for (const Sums& sums : layers) {
    changes.push_back({sums.layer, sums.own > 0.0 ? std::sqrt(sums.change / sums.own) : 0.0});
  }
  return changes;
}

}  // namespace strataform::peft
