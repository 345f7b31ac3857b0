#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"
#include "strataform/data/input_reader.h"
#include "strataform/model/model.h"
#include "strataform/nn/normalised_layer.h"
#include "strataform/survey/modelling.h"

namespace strataform::adapt {

/// The network as a function from gathers of a source to velocities, with what is active on it. In evaluation mode,
/// its frozen BatchNorms folded, as long as this lives: frozen weights may not change meanwhile.
class NetworkMaps {
 public:
  /// modelling: how the gathers were recorded. Model and source outlive it. Throws MismatchError where the model cannot
  /// read the gathers.
  NetworkMaps(const model::Model& model, const data::GatherSource& source, const survey::Modelling& modelling,
              const Context& context);

  /// [indices, nz, nx] in m/s on the CPU, in the network's type, with its graph where gradients are enabled.
  [[nodiscard]] torch::Tensor velocity(std::span<const std::int64_t> indices) const;
  /// The same of any number of gathers, a few at a time and without a graph.
  [[nodiscard]] std::vector<float> maps(std::span<const std::int64_t> indices) const;
  [[nodiscard]] std::int64_t cells() const;

 private:
  const model::Model& model_;
  data::InputReader reader_;
  Context context_;
  std::unique_ptr<nn::FoldedNorms> folded_;
};

/// A tensor of any floating-point type as numbers.
[[nodiscard]] std::vector<float> values_of(const torch::Tensor& tensor);

}  // namespace strataform::adapt
