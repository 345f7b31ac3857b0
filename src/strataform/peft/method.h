#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/nn/adaptable_layer.h"
#include "strataform/nn/backbone.h"
#include "strataform/nn/named_tensors.h"
#include "strataform/peft/adapter_options.h"

namespace strataform::peft {

/// A layer's own tensors with an adapter worked into them. The bias may be undefined.
struct MergedLayer {
  torch::Tensor weight;
  torch::Tensor bias;
};

using nn::NamedTensors;

/// One layer's share of an adapter: it computes in the layer's place and owns what is trained.
class AdaptedLayer : public nn::LayerAdapter {
 public:
  /// The trained tensors with their names in an adapter file ("lora_A.weight").
  [[nodiscard]] virtual NamedTensors named_tensors() const = 0;
  /// With these the layer alone computes what the adapted layer does. Called only for methods that merge.
  [[nodiscard]] virtual MergedLayer merged(const nn::AdaptableLayer& layer) const;
};

/// What a method without adapted layers trains: some of the network's own tensors, by their names in it.
struct OwnTensors {
  NamedTensors parameters;
  NamedTensors statistics;  ///< buffers that follow the training data
};

/// A way to adapt a network. A new one is a file of its own and a line in methods.def.
struct Method {
  std::string name;     ///< "lora"
  std::string summary;  ///< one line for people
  /// The entries of adapter_config.json that tell this method's files from others'. Empty: the result is a model.
  /// The "peft_type" of a method that Hugging Face PEFT does not have begins with STRATAFORM_.
  nlohmann::json marks;
  /// Further entries of that file, which always are the same: Hugging Face PEFT wants them said.
  nlohmann::json fixed = nlohmann::json::object();
  /// Why an adapter cannot become part of the weights; empty where it can.
  std::string unmergeable;
  bool has_rank = false;
  std::string alpha_key = "alpha";    ///< what alpha is called in that file
  std::vector<MethodOption> options;  ///< beside those of all methods of its kind, see described()
  /// Those of them that stand in that file, with Hugging Face PEFT's names.
  std::map<std::string, std::string> portable_options;
  /// Makes a layer's share, which must not change the output before it is trained. Null where own_tensors is set.
  std::function<std::shared_ptr<AdaptedLayer>(const nn::NamedLayer&, const AdapterOptions&, Random&)> adapt;
  std::function<OwnTensors(const nn::Backbone&, const AdapterOptions&)> own_tensors;

  [[nodiscard]] bool makes_model() const { return marks.empty(); }
  /// Hugging Face PEFT has the method, too.
  [[nodiscard]] bool portable() const;
};

[[nodiscard]] const std::vector<Method>& methods();
/// Throws UsageError, listing the methods, for an unknown name.
[[nodiscard]] const Method& find_method(const std::string& name);

/// Whether Hugging Face PEFT can adapt such a layer.
[[nodiscard]] bool is_portable(const nn::AdaptableLayer& layer);

/// alpha, or twice the rank where it is not given. Throws UsageError unless the rank is at least 1 and alpha finite
/// and positive.
[[nodiscard]] double alpha_of(const AdapterOptions& options);

/// What a method's file says of a struct of options of its own, for Method::options.
template <class Own>
[[nodiscard]] std::vector<MethodOption> described(const std::vector<io::Option<Own>>& own) {
  std::vector<MethodOption> options;
  for (const io::Option<Own>& option : own) {
    const auto check = [option](const nlohmann::json& value) {
      Own trial;
      option.set(trial, value);
      option.check(trial);
    };
    options.push_back({option.name, option.help, option.value(Own{}), check});
  }
  return options;
}

/// That struct as it was given, with its defaults for what was not. Throws UsageError for a value of another type.
template <class Own>
[[nodiscard]] Own read_own(const std::vector<io::Option<Own>>& own, const AdapterOptions& options) {
  Own values;
  for (const io::Option<Own>& option : own) {
    if (options.own.contains(option.name)) option.set(values, options.own.at(option.name));
  }
  return values;
}

/// Throws UsageError, naming the layer, for a rank (or width) under 1 or one that its groups do not divide.
void check_rank(const nn::NamedLayer& named, std::int64_t rank);
/// Throws UsageError, naming the layer, for a rank above largest_rank(): for adapters that are yet to be trained.
/// Stored ones of other programs may have such a rank and compute with it.
void check_rank_is_of_use(const nn::NamedLayer& named, std::int64_t rank);
/// The largest rank (or width) that a layer's update can need, a multiple of its groups.
[[nodiscard]] std::int64_t largest_rank(const nn::AdaptableLayer& layer);

/// Zeros like the layer's weight in type and device, with requires_grad set.
[[nodiscard]] torch::Tensor trainable_zeros(const nn::AdaptableLayer& layer, at::IntArrayRef shape);

}  // namespace strataform::peft
