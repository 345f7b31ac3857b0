#pragma once

#include <string>
#include <vector>

namespace strataform::model {
struct Model;
}

namespace strataform::peft {

class LoadedAdapter;

/// How much an adapter changes a layer.
struct LayerChange {
  std::string layer;   ///< its path in the network
  double share = 0.0;  ///< the norm of the change over that of the layer's own parameters
};

/// Every layer with parameters, in the network's order; those that the adapter leaves alone have 0. The adapter is
/// taken off again. Throws what LoadedAdapter::put_on() throws, and UsageError for a method that changes what a layer
/// computes without changing its weights.
[[nodiscard]] std::vector<LayerChange> layer_changes(const model::Model& network, const LoadedAdapter& adapter);

}  // namespace strataform::peft
