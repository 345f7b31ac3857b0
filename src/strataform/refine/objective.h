#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace strataform::refine {

/// A function of many variables: fills the gradient, which has the size of x, and returns the value.
using Objective = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

/// Called after every evaluation with the value and whether it is the best so far; true ends the minimisation.
using AfterEvaluation = std::function<bool(double value, bool is_best)>;

/// Why a minimisation ended.
enum class Ending {
  kEvaluations,  ///< they are used up
  kNoDescent,    ///< no step makes the value smaller
  kDiverged,     ///< values grew without limit or were not finite
  kCallback,     ///< it said so
};

struct Minimum {
  double value = 0.0;  ///< of the best point found
  std::int64_t evaluations = 0;
  std::int64_t iterations = 0;
  Ending ending = Ending::kEvaluations;
};

}  // namespace strataform::refine
