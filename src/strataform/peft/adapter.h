#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "strataform/nn/backbone.h"
#include "strataform/peft/method.h"

namespace strataform::peft {

/// An adapted network. While the adapter is active, from construction on, the backbone computes with it, and only what
/// the method trains has requires_grad set. One adapter can be active on a backbone at a time; others wait beside it.
/// The destructor gives the backbone back as it was, all weights trainable. A method that makes a model is the
/// exception: it changes the backbone for good.
///
/// The adapter's tensors live on the device and in the type that the backbone had at construction.
class Adapter {
 public:
  /// Fresh tensors, which leave the output unchanged, on the layers whose whole path matches options.target.
  /// Throws UsageError for an unknown method, a bad option, or a target or pattern that matches no layer (the line
  /// lists them).
  Adapter(const std::shared_ptr<nn::Backbone>& backbone, const AdapterOptions& options);
  /// On the layers named by paths, whatever options.target says.
  Adapter(std::shared_ptr<nn::Backbone> backbone, AdapterOptions options, const std::vector<std::string>& paths);
  ~Adapter();
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
  Adapter(Adapter&&) = delete;
  Adapter& operator=(Adapter&&) = delete;

  struct Layer {
    nn::NamedLayer base;
    std::shared_ptr<AdaptedLayer> adapted;
    AdapterOptions options;  ///< with the layer's own rank and alpha
    MergedLayer original;    ///< the layer's own tensors while merged
  };

  [[nodiscard]] const Method& method() const { return *method_; }
  [[nodiscard]] const AdapterOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  [[nodiscard]] const std::shared_ptr<nn::Backbone>& backbone() const { return backbone_; }

  /// What the optimiser trains, in a fixed order: "<layer path>.lora_A.weight", or the network's own names for a
  /// method that trains the network's own tensors.
  [[nodiscard]] NamedTensors trainable() const;
  /// What an adapter file holds: trainable() and statistics that follow the data.
  [[nodiscard]] NamedTensors state() const;
  [[nodiscard]] TrainableReport report() const;

  /// The backbone computes with the adapter, or as if there were none, its own weights restored bit by bit. activate()
  /// throws UsageError where another adapter is active on one of the layers.
  void activate();
  void deactivate();
  [[nodiscard]] bool active() const { return active_; }

  /// Makes the adapter part of the weights; the output stays the same and costs what the base costs. Throws UsageError
  /// where the method does not allow that. Does nothing when merged already. An adapter that is not active becomes so.
  void merge();
  /// Restores the layers' own weights bit by bit; the backbone still computes with the adapter.
  void unmerge();
  [[nodiscard]] bool merged() const { return merged_; }

 private:
  /// A tensor of the network that the method trains. While the adapter is active the network holds the trained values
  /// and `other` its original ones, otherwise the other way round.
  struct OwnTensor {
    std::string name;
    torch::Tensor tensor;
    torch::Tensor other;
    bool is_parameter = true;
  };

  void adapt_layers(const std::vector<std::string>& paths);
  void take_own_tensors();
  void swap_own_tensors();

  std::shared_ptr<nn::Backbone> backbone_;
  AdapterOptions options_;
  const Method* method_;
  std::vector<Layer> layers_;
  std::vector<OwnTensor> own_;
  bool active_ = false;
  bool merged_ = false;
};

/// Paths of the layers that a target selects, in the network's order. Throws UsageError for a malformed expression
/// or when nothing matches.
[[nodiscard]] std::vector<std::string> match_layers(const nn::Backbone& backbone, const std::string& target);

/// The largest rank with which options.method trains at most `share` of the backbone's parameters. Throws UsageError
/// where rank 1 (or the smallest that the layers' groups allow) is more already, or for a method without a rank that
/// trains more.
[[nodiscard]] std::int64_t rank_within(const std::shared_ptr<nn::Backbone>& backbone, const AdapterOptions& options,
                                       double share);

}  // namespace strataform::peft
