#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "strataform/core/atomic_file.h"
#include "strataform/data/input_spec.h"
#include "strataform/io/dtype.h"
#include "strataform/nn/backbone_shape.h"
#include "strataform/survey/modelling.h"

namespace strataform::nn {
class Backbone;
}

namespace strataform::model {

struct UnmergedWeights;

/// A trained network with all that is needed to use it: a .safetensors file. This header keeps LibTorch out of the
/// programs that only pass models on.
struct Model {
  std::shared_ptr<nn::Backbone> backbone;
  data::InputSpec input;                                 ///< what gathers it reads, and how they are scaled
  std::optional<survey::Modelling> modelling;            ///< of the data it was trained on, where that is known
  nlohmann::json provenance = nlohmann::json::object();  ///< how it was made
  std::string fingerprint;                               ///< of its weights, see fingerprint_of()
  std::shared_ptr<const UnmergedWeights> unmerged;       ///< where an adapter was merged into it, else null

  [[nodiscard]] const std::string& backbone_name() const;
  [[nodiscard]] nlohmann::json backbone_options() const;
  [[nodiscard]] const nn::BackboneShape& shape() const;
  [[nodiscard]] std::int64_t parameter_count() const;
  /// Of the cells of its maps, m; OpenFWI's where it is not known.
  [[nodiscard]] double spacing() const;
};

/// A model in evaluation mode, its weights in float32 whatever the file holds. Throws IoError for a missing file,
/// InputError for one that is not a model or is damaged (missing, extra, wrongly shaped or non-finite tensors, or
/// weights that do not have the fingerprint in the metadata), UsageError for an unknown or missing device.
[[nodiscard]] Model load_model(const std::filesystem::path& path, const std::string& device = "cpu");

/// A model with a backbone of its own, in evaluation mode, whose parameters and buffers share the memory of the given
/// one's: it costs no second set of weights. Its tensors may be replaced (Tensor::set_data, as adapters do), and the
/// other model keeps its own; nobody may write into them.
[[nodiscard]] Model replicate(const Model& model);

/// Writes a model atomically with float16 or float32 weights and returns the fingerprint of what the file holds.
/// Throws NumericalError when a weight is not finite or not representable in storage.
std::string save_model(const std::filesystem::path& path, const Model& model, io::DType storage = io::DType::kFloat32,
                       Overwrite overwrite = Overwrite::kRefuse);

/// What `strataform info` prints: backbone, parameters, input, normalisation, survey, provenance. Several lines.
[[nodiscard]] std::string describe_model(const Model& model);

/// 16 hexadecimal digits over the backbone's name and the names and float32 values of parameters and buffers
/// (core/fingerprint.h). A model in memory and files of either precision that hold its values have one fingerprint.
[[nodiscard]] std::string fingerprint_of(const nn::Backbone& backbone);

}  // namespace strataform::model
