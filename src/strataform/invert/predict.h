#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/model/model.h"

namespace strataform::peft {
class Adapter;
}

namespace strataform::invert {

/// A model with the adapter that its backbone computes with, if any.
struct AdaptedModel {
  model::Model model;
  std::shared_ptr<peft::Adapter> adapter;  ///< declared last: it is taken off before the model goes
};

/// Loads a model and, where adapter is not empty, puts that adapter folder on it, merged where the method allows
/// that. Throws what model::load_model() and peft::load_adapter() throw.
[[nodiscard]] AdaptedModel load_adapted_model(const std::filesystem::path& model, const std::filesystem::path& adapter,
                                              const std::string& device);

/// Velocity maps [count, nz, nx] in m/s from prepared gathers [count, shots, input samples, receivers] (see
/// data::prepare_gathers), computed in one batch on the backbone's device without gradients. Leaves the backbone in
/// evaluation mode.
/// Throws NumericalError where the network gives values that are not finite.
[[nodiscard]] std::vector<float> predict(const model::Model& model, std::span<const float> input, std::int64_t count);

/// The same for models first .. first + count - 1 of a source. Requires data::check_compatible().
[[nodiscard]] std::vector<float> predict(const model::Model& model, const data::GatherSource& source,
                                         std::int64_t first, std::int64_t count);

}  // namespace strataform::invert
