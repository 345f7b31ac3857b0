#include "strataform/refine/adam.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace strataform::refine {
namespace {

double rate_at(const AdamOptions& options, std::int64_t step) {
  if (options.decay == Decay::kConstant) return options.learning_rate;
  const double part = static_cast<double>(step) / static_cast<double>(options.evaluations);
  return options.learning_rate * 0.5 * (1.0 + std::cos(std::numbers::pi * part));
}

/// The running means of the gradient and of its square.
class Moments {
 public:
  Moments(std::size_t count, const AdamOptions& options) : options_(options), first_(count, 0.0), second_(count, 0.0) {}

  void step(const std::vector<double>& gradient, double rate, std::vector<double>& x) {
    first_share_ *= options_.first_moment;
    second_share_ *= options_.second_moment;
    for (std::size_t i = 0; i < x.size(); ++i) {
      first_[i] += (1.0 - options_.first_moment) * (gradient[i] - first_[i]);
      second_[i] += (1.0 - options_.second_moment) * (gradient[i] * gradient[i] - second_[i]);
      // Both began at zero, which the shares undo.
      const double size = std::sqrt(second_[i] / (1.0 - second_share_));
      if (size > 0.0) x[i] -= rate * first_[i] / (1.0 - first_share_) / size;
    }
  }

 private:
  const AdamOptions& options_;
  std::vector<double> first_, second_;
  double first_share_ = 1.0, second_share_ = 1.0;
};

}  // namespace

Minimum minimise(const Objective& objective, std::vector<double>& x, const AdamOptions& options) {
  constexpr double kDivergence = 10.0;
  Minimum result{.value = std::numeric_limits<double>::infinity()};
  std::vector<double> here = x;
  std::vector<double> gradient(x.size());
  Moments moments(x.size(), options);
  double limit = std::numeric_limits<double>::max();
  while (result.evaluations < options.evaluations) {
    const double value = objective(here, gradient);
    if (++result.evaluations == 1) limit = kDivergence * std::abs(value);
    const bool is_best = value < result.value;
    if (is_best) {
      result.value = value;
      x = here;
    }
    const bool stop = options.after_evaluation && options.after_evaluation(value, is_best);
    if (std::ranges::all_of(gradient, [](double slope) { return slope == 0.0; })) result.ending = Ending::kNoDescent;
    if (!(value <= limit)) result.ending = Ending::kDiverged;
    if (stop) result.ending = Ending::kCallback;
    if (result.ending != Ending::kEvaluations) break;
    moments.step(gradient, rate_at(options, result.evaluations - 1), here);
    ++result.iterations;
  }
  return result;
}

}  // namespace strataform::refine
