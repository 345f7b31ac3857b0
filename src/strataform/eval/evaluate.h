#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/invert/predict.h"
#include "strataform/model/model.h"

namespace strataform::eval {

/// How far predicted maps are from the true ones. Those without a unit are on [-1, 1], where 1500 to 4500 m/s become
/// -1 to 1 whatever range a model scales with, so that they compare with published figures.
struct Scores {
  std::int64_t samples = 0;
  double mae = 0.0;
  double rmse = 0.0;  ///< root of the mean squared error over all cells of all maps
  double ssim = 0.0;
  double mae_velocity = 0.0;   ///< m/s
  double rmse_velocity = 0.0;  ///< m/s
};

struct FamilyScores {
  std::string family;
  Scores scores;
  std::vector<std::int64_t> indices;  ///< of its samples in the dataset
};

struct Evaluation {
  std::vector<FamilyScores> families;  ///< in the dataset's order
  Scores over_families;                ///< every family counts the same: the mean of their scores
  Scores over_samples;                 ///< every sample counts the same
};

struct EvaluateOptions {
  std::int64_t batch_size = 32;
  invert::PredictOptions predict{};
};

/// Inverts every sample of a dataset with velocities, through the adapter that is on the model's backbone, if any.
/// Throws MismatchError where the gathers or maps do not fit the model, UsageError where they cannot be mirrored as
/// options ask, InterruptedError when it is asked to stop.
[[nodiscard]] Evaluation evaluate(const model::Model& model, const data::Dataset& dataset,
                                  const EvaluateOptions& options = {}, const Context& context = {});

/// {"families": [{"family", "samples", "mae", ...}], "mean_over_families": {...}, "mean_over_samples": {...}}.
[[nodiscard]] nlohmann::json to_json(const Evaluation& evaluation);

/// A table for a terminal: a line for each family and for both means.
[[nodiscard]] std::string format_table(const Evaluation& evaluation);

}  // namespace strataform::eval
