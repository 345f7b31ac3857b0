#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"
#include "strataform/model/model.h"

namespace strataform::peft {
class Adapter;
}

namespace strataform::invert {

/// A model with adapters of it: it computes with one of them or with none, and takes another without reading a file.
/// They are numbered from 1 in the order in which they were added; 0 is the model alone.
class AdapterSet {
 public:
  explicit AdapterSet(model::Model model) : model_(std::move(model)) {}

  /// Loads an adapter folder and returns its number; from now on the model computes with it. Throws what
  /// peft::load_adapter() throws.
  std::size_t add(const std::filesystem::path& folder);
  /// Throws UsageError for a number that no adapter has. A single adapter is merged where its method allows that, so
  /// that it costs nothing.
  void use(std::size_t number) const;

  [[nodiscard]] const model::Model& model() const { return model_; }
  [[nodiscard]] std::size_t size() const { return adapters_.size(); }

 private:
  model::Model model_;
  std::vector<std::shared_ptr<peft::Adapter>> adapters_;  ///< declared last: they are taken off before the model goes
};

/// A model and, where adapter is not empty, that adapter folder in use. Throws what model::load_model() and
/// peft::load_adapter() throw.
[[nodiscard]] AdapterSet load_adapted_model(const std::filesystem::path& model, const std::filesystem::path& adapter,
                                            const std::string& device);

/// Velocity maps [count, nz, nx] in m/s from prepared gathers [count, shots, input samples, receivers] (see
/// data::prepare_gathers), computed in one batch on the backbone's device without gradients. Leaves the backbone in
/// evaluation mode.
/// Throws NumericalError where the network gives values that are not finite.
[[nodiscard]] std::vector<float> predict(const model::Model& model, std::span<const float> input, std::int64_t count);

struct PredictOptions {
  /// Predicts from the mirrored gathers as well and takes the mean of the map and the other's mirror image: twice the
  /// time for a smaller error. A mirrored source may lie one cell beside one that was shot.
  bool mirror = false;
};

/// Throws UsageError where options ask for mirrored gathers and the survey has none.
void check_options(const PredictOptions& options, const model::Model& model, const data::GatherSource& source);

/// Velocity maps [count, nz, nx] in m/s of models first .. first + count - 1 of a source, computed in one batch: to be
/// asked for a few at a time. Of the context the threads are used. Requires data::check_compatible(). Throws as
/// check_options() does, and NumericalError where the network gives values that are not finite.
[[nodiscard]] std::vector<float> predict(const model::Model& model, const data::GatherSource& source,
                                         std::int64_t first, std::int64_t count, const PredictOptions& options = {},
                                         const Context& context = {});

/// Model first + k of a source with adapter numbers[k], in one batch for each adapter.
[[nodiscard]] std::vector<float> predict(const AdapterSet& set, const data::GatherSource& source, std::int64_t first,
                                         std::span<const std::size_t> numbers, const PredictOptions& options = {},
                                         const Context& context = {});

}  // namespace strataform::invert
