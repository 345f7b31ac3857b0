#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace strataform::refine {

/// A function of many variables: fills the gradient, which has the size of x, and returns the value.
using Objective = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

struct LbfgsOptions {
  std::int64_t evaluations = 100;     ///< of the objective, those of the line searches included
  std::int64_t memory = 10;           ///< pairs of differences that approximate the curvature
  double sufficient_decrease = 1e-4;  ///< c1 of the strong Wolfe conditions
  double curvature = 0.9;             ///< c2
  double first_step = 1.0;            ///< largest change of a variable in the first step
  /// Called after every evaluation with the value and whether it is the best so far; true ends the minimisation.
  std::function<bool(double value, bool is_best)> after_evaluation = {};
};

struct LbfgsResult {
  double value = 0.0;
  std::int64_t evaluations = 0;
  std::int64_t iterations = 0;
};

/// Limited-memory BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms 7.5,
/// 3.5 and 3.6). x is where it starts and, afterwards, the best point found. Ends when the evaluations are used up, no
/// step makes the value smaller, or the callback says so. A value that is not finite counts as too large.
LbfgsResult minimise(const Objective& objective, std::vector<double>& x, const LbfgsOptions& options);

}  // namespace strataform::refine
