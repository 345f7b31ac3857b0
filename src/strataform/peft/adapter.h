#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "strataform/nn/backbone.h"
#include "strataform/peft/method.h"

namespace strataform::peft {

/// What is trained, for people to see before it is.
struct TrainableReport {
  std::int64_t trainable = 0;  ///< parameters that training changes
  std::int64_t base = 0;       ///< parameters of the network without its adapter
  std::int64_t layers = 0;     ///< adapted layers; 0 where the network's own weights are trained
  std::int64_t bytes = 0;      ///< of the trainable parameters as they are stored in float32
  [[nodiscard]] double share() const { return static_cast<double>(trainable) / static_cast<double>(base); }
};

/// "lora: 215,340 of 24,409,123 parameters are trained (0.88 %) in 25 layers, 0.86 MB".
[[nodiscard]] std::string to_string(const TrainableReport& report, const std::string& method);

/// An adapted network: from construction to destruction the backbone computes with the adapter, and only what the
/// method trains has requires_grad set. The destructor gives the backbone back as it was, all weights trainable.
///
/// The adapter's tensors live on the device and in the type that the backbone had at construction.
class Adapter {
 public:
  /// Fresh tensors, which leave the output unchanged, on the layers whose whole path matches options.target.
  /// Throws UsageError for an unknown method, a bad option, or a target that matches no layer (the line lists them).
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
    torch::Tensor original;  ///< the layer's own weight while merged
  };

  [[nodiscard]] const Method& method() const { return *method_; }
  [[nodiscard]] const AdapterOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  [[nodiscard]] const std::shared_ptr<nn::Backbone>& backbone() const { return backbone_; }

  /// What the optimiser trains, in a fixed order: "<layer path>.lora_A.weight", or for "full" the network's names.
  [[nodiscard]] std::vector<std::pair<std::string, torch::Tensor>> trainable() const;
  [[nodiscard]] TrainableReport report() const;

  /// Writes the adapter into the weights; the output stays the same and costs what the base costs. Throws UsageError
  /// for a method that is not linear in the weights. Does nothing when merged already.
  void merge();
  /// Restores the original weights bit by bit.
  void unmerge();
  [[nodiscard]] bool merged() const { return merged_; }

 private:
  std::shared_ptr<nn::Backbone> backbone_;
  AdapterOptions options_;
  const Method* method_;
  std::vector<Layer> layers_;
  bool merged_ = false;
};

/// Paths of the layers that a target selects, in the network's order. Throws UsageError for a malformed expression
/// or when nothing matches.
[[nodiscard]] std::vector<std::string> match_layers(const nn::Backbone& backbone, const std::string& target);

}  // namespace strataform::peft
