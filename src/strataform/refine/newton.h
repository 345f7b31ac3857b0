#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "strataform/refine/objective.h"

namespace strataform::refine {

/// Some positive matrix H near the second derivatives of an objective. step(gradient, damping) is the least point of
/// gradient . d + 1/2 d . H d + damping * (a measure of d's size, around 1 for the largest steps that make sense).
using NewtonStep = std::function<std::vector<double>(const std::vector<double>& gradient, double damping)>;
/// The matrix at a point.
using MatrixAt = std::function<NewtonStep(const std::vector<double>& x)>;

struct NewtonOptions {
  std::int64_t evaluations = 100;     ///< of the objective, with what matrices cost
  std::int64_t matrix_cost = 0;       ///< evaluations that a matrix counts as
  std::int64_t steps_per_matrix = 4;  ///< that succeed
  double first_damping = 0.1;
  double least_progress = 0.0;  ///< ends when the steps of a matrix make the value smaller by less than this share
  double lowest = 0.0, highest = 0.0;  ///< bounds of every variable
  AfterEvaluation after_evaluation = {};
};

/// Levenberg's and Marquardt's method within bounds: steps of a damped Newton matrix, less damped after a step that
/// does what the matrix promised, more after one that does not (Nocedal and Wright, 2006, chapter 10). x is where it
/// starts and, afterwards, the best point found.
Minimum minimise(const Objective& objective, std::vector<double>& x, const MatrixAt& matrix_at,
                 const NewtonOptions& options);

}  // namespace strataform::refine
