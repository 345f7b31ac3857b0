#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/nn/adaptable_layer.h"
#include "strataform/nn/backbone.h"

namespace strataform::peft {

/// How to adapt a network.
struct AdapterOptions {
  std::string method = "lora";
  std::int64_t rank = 1;         ///< under 1 % of the parameters over the default layers of every backbone
  std::optional<double> alpha;   ///< twice the rank where it is not given
  bool rank_stabilised = false;  ///< scale by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski, 2023)
  std::string target;            ///< regular expression that a layer's whole path matches; empty: the backbone's own
  std::uint64_t seed = 0;
};

/// One layer's share of an adapter: it computes in the layer's place and owns what is trained.
class AdaptedLayer : public nn::LayerAdapter {
 public:
  /// The trained tensors with their names in an adapter file ("lora_A.weight").
  [[nodiscard]] virtual std::vector<std::pair<std::string, torch::Tensor>> named_tensors() const = 0;
  /// The weight with which the layer alone computes what the adapted layer does. Called only for methods that merge.
  [[nodiscard]] virtual torch::Tensor merged_weight(const nn::AdaptableLayer& layer) const = 0;
};

/// A way to adapt a network. A new one is a file of its own and a line in the list of methods().
struct Method {
  std::string name;       ///< "lora"
  std::string summary;    ///< one line for people
  std::string file_type;  ///< peft_type of adapter files ("LORA"); empty: it trains the model's own weights, which
                          ///< are saved as a model
  bool merges = true;     ///< linear in the weights, so that it can be merged into them
  /// Makes a layer's share, which must not change the output before it is trained. Null where file_type is empty.
  std::function<std::shared_ptr<AdaptedLayer>(const nn::NamedLayer&, const AdapterOptions&, Random&)> adapt;
};

[[nodiscard]] const std::vector<Method>& methods();
/// Throws UsageError, listing the methods, for an unknown name.
[[nodiscard]] const Method& find_method(const std::string& name);

}  // namespace strataform::peft
