#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/eval/evaluate.h"
#include "strataform/model/model.h"
#include "strataform/study/cell.h"
#include "strataform/study/config.h"

namespace strataform::peft {
class Adapter;
}

namespace strataform::study {

/// The data of one cell; training and validation are not used zero-shot.
struct CellData {
  std::shared_ptr<const data::Dataset> training;
  std::shared_ptr<const data::Dataset> validation;
  std::shared_ptr<const data::Dataset> test;
  std::shared_ptr<const data::Dataset> mixed;
};

/// A model as a method made it.
struct TrainedModel {
  model::Model model;
  std::shared_ptr<peft::Adapter> adapter;  ///< on the model; null: none
  /// What training says of itself. The scores are still missing.
  Outcome outcome;
};

/// Trains as a method says at one learning rate, from a base that is its own, so that nothing but the training's
/// tensors counts in its peak. Throws NumericalError where training diverges, InterruptedError when the context asks
/// to stop.
[[nodiscard]] TrainedModel train_model(model::Model base, const StudyConfig& config, const MethodConfig& method,
                                       const CellData& data, std::uint64_t seed, double learning_rate,
                                       const Context& context = {});

/// Mean absolute errors on the mixed set in m/s, one for each family.
struct MixedErrors {
  std::vector<eval::FamilyScores> families;

  /// The mean over families but for the one that is left out, if any.
  [[nodiscard]] double mean_without(const std::string& family) const;
};
[[nodiscard]] MixedErrors mixed_errors(const model::Model& model, const data::Dataset& mixed,
                                       const Context& context = {});

/// Completes an outcome by the scores on the test set and the forgetting. base: of the base model.
void score(const model::Model& model, const CellData& data, const DomainConfig& domain, const MixedErrors& base,
           Outcome& outcome, const Context& context = {});

}  // namespace strataform::study
