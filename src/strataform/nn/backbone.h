#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
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

/// What one stage of a network hands to the next: all that the rest of the network needs.
using Activations = std::vector<torch::Tensor>;

/// A network that turns prepared shot gathers into a normalised velocity map, stage by stage.
class Backbone : public torch::nn::Module {
 public:
  /// x [batch, shots, samples, receivers] to velocity [batch, outputs, nz, nx], the map itself first, in [-1, 1].
  /// Throws MismatchError when x has another shape.
  torch::Tensor forward(const torch::Tensor& x);

  /// The name under which the registry knows it.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Every option with its value, so that make_backbone(name(), options()) makes the same network.
  [[nodiscard]] const nlohmann::json& options() const { return options_; }
  [[nodiscard]] const BackboneShape& shape() const { return shape_; }
  /// A regular expression over layer paths: the layers that adapters change unless the user says otherwise. They leave
  /// the first layers alone, which look for arrivals rather than for geology, so that no backward pass goes there. At
  /// rank 1 they cost under 1 % of the parameters.
  [[nodiscard]] virtual std::string default_targets() const { return ".*"; }

  /// The stages are numbered in the order in which they run. A network is the chain of them all.
  [[nodiscard]] std::size_t stage_count() const { return stages_.size(); }
  /// Runs the stages from first to before end on the activations in front of them (the gathers in front of stage 0).
  [[nodiscard]] Activations run_stages(Activations activations, std::size_t first, std::size_t end) const;
  /// The stage to which a parameter, buffer or layer of that name belongs.
  [[nodiscard]] std::size_t stage_of(const std::string& name) const;

  /// All layers that adapters can change, in the order of the forward pass's definition.
  [[nodiscard]] std::vector<NamedLayer> adaptable_layers() const;
  /// Draws fresh weights. Each layer has a stream of its own, named by its path.
  virtual void reset_parameters(std::uint64_t seed);

 protected:
  Backbone(std::string name, nlohmann::json options, const BackboneShape& shape);
  /// Appends a stage, made of these children and parameters of the network. The last one leaves the map alone.
  void add_stage(std::vector<std::string> members, std::function<Activations(const Activations&)> run);
  /// A stage of one child whose forward() maps the first activation; the others go on as they are.
  template <class Module>
  void add_stage(const std::string& name, const std::shared_ptr<Module>& module) {
    add_stage({name}, [module](const Activations& activations) {
      Activations result = activations;
      result.front() = module->forward(activations.front());
      return result;
    });
  }

 private:
  struct Stage {
    std::vector<std::string> members;
    std::function<Activations(const Activations&)> run;
  };

  std::string name_;
  nlohmann::json options_;
  BackboneShape shape_;
  std::vector<Stage> stages_;
};

/// The maps [batch, 1, nz, nx] in a network's output, which has their quantiles behind them where it makes some.
[[nodiscard]] inline torch::Tensor map_of(const torch::Tensor& output) { return output.narrow(1, 0, 1); }

[[nodiscard]] std::vector<std::string> backbone_names();
/// One line for each backbone: its name and its options with their defaults as JSON.
[[nodiscard]] std::vector<std::string> backbone_summaries();
/// A network with fresh weights drawn from seed, on the CPU, in training mode. options may name some of the
/// backbone's options; the others keep their defaults. Throws UsageError for an unknown name, option or bad value.
[[nodiscard]] std::shared_ptr<Backbone> make_backbone(const std::string& name,
                                                      const nlohmann::json& options = nlohmann::json::object(),
                                                      std::uint64_t seed = 0);
/// A network for weights that come from elsewhere: those of its layers are zero. On the CPU, in training mode. Options
/// and errors are those of make_backbone().
[[nodiscard]] std::shared_ptr<Backbone> make_blank_backbone(const std::string& name, const nlohmann::json& options);

/// Whether BatchNorm layers learn from each batch or use the statistics that they have.
enum class BatchNormStatistics { kUpdated, kFrozen };

/// Puts a network into training mode. Fine-tuning, with adapters or in full, runs with kFrozen: a few samples of a
/// new geology would only blur the statistics, and those are no part of an adapter.
void set_training(Backbone& backbone, BatchNormStatistics statistics);

/// Whether its BatchNorm layers can learn from a batch of one sample: each needs more than one value of a channel, and
/// an image of one cell has a single one. Runs the network once and leaves it in training mode, its buffers as they
/// were.
[[nodiscard]] bool learns_from_one_sample(Backbone& backbone);

[[nodiscard]] std::int64_t parameter_count(const torch::nn::Module& module);
/// "24,409,123".
[[nodiscard]] std::string format_count(std::int64_t count);

/// A backbone's options: defaults overridden by the user's. Throws UsageError, naming the backbone, for an option
/// that defaults does not have or whose value has another type.
[[nodiscard]] nlohmann::json complete_options(const std::string& backbone, nlohmann::json defaults,
                                              const nlohmann::json& chosen);

}  // namespace strataform::nn
