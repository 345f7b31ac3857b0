#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/nn/adaptable_layer.h"
#include "strataform/nn/backbone_shape.h"

namespace strataform::nn {

struct NamedLayer {
  std::string path;  ///< "convblock1.layers.0"
  std::shared_ptr<AdaptableLayer> layer;
};

/// A network that turns normalised shot gathers into a normalised velocity map.
class Backbone : public torch::nn::Module {
 public:
  /// x [batch, shots, samples, receivers] in [-1, 1] to velocity [batch, 1, nz, nx] in [-1, 1].
  /// Throws MismatchError when x has another shape.
  torch::Tensor forward(const torch::Tensor& x);

  /// The name under which the registry knows it.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Every option with its value, so that make_backbone(name(), options()) makes the same network.
  [[nodiscard]] const nlohmann::json& options() const { return options_; }
  [[nodiscard]] const BackboneShape& shape() const { return shape_; }
  /// A regular expression over layer paths: the layers that adapters change unless the user says otherwise. At rank
  /// 1 they cost under 1 % of the parameters.
  [[nodiscard]] virtual std::string default_targets() const { return ".*"; }

  /// All layers that adapters can change, in the order of the forward pass's definition.
  [[nodiscard]] std::vector<NamedLayer> adaptable_layers() const;
  /// Draws fresh weights. Each layer has a stream of its own, named by its path.
  virtual void reset_parameters(std::uint64_t seed);

 protected:
  Backbone(std::string name, nlohmann::json options, const BackboneShape& shape);
  virtual torch::Tensor run(const torch::Tensor& x) = 0;

 private:
  std::string name_;
  nlohmann::json options_;
  BackboneShape shape_;
};

[[nodiscard]] std::vector<std::string> backbone_names();
/// A network with fresh weights drawn from seed, on the CPU, in training mode. options may name some of the
/// backbone's options; the others keep their defaults. Throws UsageError for an unknown name, option or bad value.
[[nodiscard]] std::shared_ptr<Backbone> make_backbone(const std::string& name,
                                                      const nlohmann::json& options = nlohmann::json::object(),
                                                      std::uint64_t seed = 0);

/// Whether BatchNorm layers learn from each batch or use the statistics that they have.
enum class BatchNormStatistics { kUpdated, kFrozen };

/// Puts a network into training mode. Fine-tuning, with adapters or in full, runs with kFrozen: a few samples of a
/// new geology would only blur the statistics, and those are no part of an adapter.
void set_training(Backbone& backbone, BatchNormStatistics statistics);

[[nodiscard]] std::int64_t parameter_count(const torch::nn::Module& module);
/// "24,409,123".
[[nodiscard]] std::string format_count(std::int64_t count);

/// A backbone's options: defaults overridden by the user's. Throws UsageError, naming the backbone, for an option
/// that defaults does not have or whose value has another type.
[[nodiscard]] nlohmann::json complete_options(const std::string& backbone, nlohmann::json defaults,
                                              const nlohmann::json& chosen);

}  // namespace strataform::nn
