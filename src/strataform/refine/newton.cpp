#include "strataform/refine/newton.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "strataform/core/error.h"

namespace strataform::refine {
namespace {

using Vector = std::vector<double>;

constexpr double kLeastDamping = 1e-6;

class NewtonMinimiser {
 public:
  NewtonMinimiser(const Objective& objective, Vector& x, const MatrixAt& matrix_at, const NewtonOptions& options)
      : objective_(objective), x_(x), matrix_at_(matrix_at), options_(options), damping_(options.first_damping) {}

  Minimum run() {
    value_ = evaluate(x_, gradient_);
    // A matrix pays only if a step follows it.
    while (!ended_ && result_.evaluations + options_.matrix_cost < options_.evaluations) {
      const double before = value_;
      try {
        steps_of(matrix_at_(x_));
      } catch (const NumericalError&) {
        end(Ending::kNoDescent);  // the matrix's waves are in a larger grid, which is not stable for all models
      }
      if (!ended_ && value_ > (1.0 - options_.least_progress) * before) end(Ending::kNoDescent);
    }
    result_.value = value_;
    return result_;
  }

 private:
  void steps_of(const NewtonStep& step_with) {
    result_.evaluations += options_.matrix_cost;
    int failures = 0;
    for (std::int64_t done = 0; done < options_.steps_per_matrix && !ended_;) {
      if (result_.evaluations >= options_.evaluations) return;
      if (try_step(step_with(gradient_, damping_))) {
        ++done;
        failures = 0;
      } else if (++failures == kMostFailures) {
        end(std::isfinite(value_) ? Ending::kNoDescent : Ending::kDiverged);
      }
    }
  }

  bool try_step(const Vector& step) {
    Vector x = x_;
    double promised = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = std::clamp(x[i] + step[i], options_.lowest, options_.highest);
      promised -= 0.5 * gradient_[i] * (x[i] - x_[i]);
    }
    Vector gradient;
    const double value = evaluate(x, gradient);
    if (!(value < value_)) {
      damping_ *= 4.0;
      return false;
    }
    const double kept = (value_ - value) / std::max(promised, std::numeric_limits<double>::min());
    if (kept > 0.6) damping_ = std::max(0.4 * damping_, kLeastDamping);
    if (kept < 0.3) damping_ *= 2.0;
    value_ = value;
    x_ = std::move(x);
    gradient_ = std::move(gradient);
    ++result_.iterations;
    return true;
  }

  double evaluate(const Vector& x, Vector& gradient) {
    gradient.assign(x.size(), 0.0);
    const double value = objective_(x, gradient);
    ++result_.evaluations;
    const bool is_best = value < best_;
    if (is_best) best_ = value;
    if (options_.after_evaluation && options_.after_evaluation(value, is_best)) end(Ending::kCallback);
    return value;
  }

  void end(Ending why) {
    ended_ = true;
    result_.ending = why;
  }

  static constexpr int kMostFailures = 6;
  const Objective& objective_;
  Vector& x_;
  const MatrixAt& matrix_at_;
  const NewtonOptions& options_;
  double damping_;
  double value_ = std::numeric_limits<double>::infinity();
  double best_ = std::numeric_limits<double>::infinity();
  Vector gradient_;
  Minimum result_;
  bool ended_ = false;
};

}  // namespace

Minimum minimise(const Objective& objective, Vector& x, const MatrixAt& matrix_at, const NewtonOptions& options) {
  return NewtonMinimiser(objective, x, matrix_at, options).run();
}

}  // namespace strataform::refine
