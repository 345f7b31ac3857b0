#pragma once

#include <cstdint>
#include <vector>

#include "strataform/refine/objective.h"

namespace strataform::refine {

struct LbfgsOptions {
  std::int64_t evaluations = 100;     ///< of the objective, those of the line searches included
  std::int64_t memory = 10;           ///< pairs of differences that approximate the curvature
  double sufficient_decrease = 1e-4;  ///< c1 of the strong Wolfe conditions
  double curvature = 0.9;             ///< c2
  double first_step = 1.0;            ///< largest change of a variable in the first step
  AfterEvaluation after_evaluation = {};
};

/// Limited-memory BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms 7.5,
/// 3.5 and 3.6). x is where it starts and, afterwards, the best point found. Ends when the evaluations are used up, no
/// step makes the value smaller, or the callback says so. A value that is not finite counts as too large, and as
/// diverged where nothing else is found.
Minimum minimise(const Objective& objective, std::vector<double>& x, const LbfgsOptions& options);

}  // namespace strataform::refine
