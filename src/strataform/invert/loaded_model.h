#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "strataform/model/model.h"

namespace strataform::invert {

/// A model that nobody changes any more: weights, input and survey, shared by all that compute with it (class Replica).
/// Safe from several threads.
class LoadedModel {
 public:
  /// Throws what model::load_model() throws.
  explicit LoadedModel(const std::filesystem::path& file, const std::string& device = "cpu");
  /// Takes the model over, without an adapter on it.
  explicit LoadedModel(model::Model model) : model_(std::move(model)) {}

  /// To read: its backbone is neither run nor changed.
  [[nodiscard]] const model::Model& model() const { return model_; }
  [[nodiscard]] const data::InputSpec& input() const { return model_.input; }
  /// Cells of a map in depth and along the surface.
  [[nodiscard]] std::int64_t nz() const { return model_.shape().nz; }
  [[nodiscard]] std::int64_t nx() const { return model_.shape().nx; }

 private:
  model::Model model_;
};

}  // namespace strataform::invert
