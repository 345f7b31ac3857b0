#include "strataform/refine/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <optional>

namespace strataform::refine {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add(Vector& a, double factor, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
}

double largest(const Vector& a) {
  double result = 0.0;
  for (const double value : a) result = std::max(result, std::abs(value));
  return result;
}

/// The objective along a line, x + step * direction.
struct Point {
  double step = 0.0;
  double value = 0.0;
  double slope = 0.0;
  Vector x;
  Vector gradient;
};

class LbfgsMinimiser {
 public:
  LbfgsMinimiser(const Objective& objective, Vector& x, const LbfgsOptions& options)
      : objective_(objective), best_x_(x), options_(options) {}

  Minimum run() {
    Point here = evaluate(best_x_, {}, 0.0);
    while (!stopped_ && result_.evaluations < options_.evaluations) {
      Vector direction = direction_at(here.gradient);
      here.slope = dot(here.gradient, direction);
      if (!(here.slope < 0.0)) break;
      here.step = 0.0;
      const double step = pairs_.empty() ? options_.first_step / std::max(largest(direction), 1e-300) : 1.0;
      std::optional<Point> next = search(here, direction, step);
      if (!next) {
        if (pairs_.empty()) break;
        pairs_.clear();  // from here on as at the start
        continue;
      }
      remember(here, *next);
      here = std::move(*next);
      ++result_.iterations;
    }
    result_.value = best_value_;
    result_.ending = ending();
    return result_;
  }

 private:
  [[nodiscard]] Ending ending() const {
    if (stopped_) return Ending::kCallback;
    if (result_.evaluations >= options_.evaluations) return Ending::kEvaluations;
    return is_finite_ ? Ending::kNoDescent : Ending::kDiverged;
  }

  struct Pair {
    Vector moved, turned;  ///< differences of points and of gradients
    double inverse;        ///< 1 / (moved . turned)
  };

  Point evaluate(const Vector& x, const Vector& direction, double step) {
    Point point;
    point.step = step;
    point.x = x;
    if (!direction.empty()) add(point.x, step, direction);
    point.gradient.assign(x.size(), 0.0);
    point.value = objective_(point.x, point.gradient);
    is_finite_ = std::isfinite(point.value);
    if (!is_finite_) point.value = std::numeric_limits<double>::max();
    if (!direction.empty()) point.slope = dot(point.gradient, direction);
    ++result_.evaluations;
    const bool is_best = point.value < best_value_;
    if (is_best) {
      best_value_ = point.value;
      best_x_ = point.x;
    }
    if (options_.after_evaluation) stopped_ = options_.after_evaluation(point.value, is_best) || stopped_;
    return point;
  }

  /// Minus the inverse Hessian's approximation times the gradient.
  Vector direction_at(const Vector& gradient) const {
    Vector direction = gradient;
    std::vector<double> shares(pairs_.size());
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      shares[k] = pairs_[k].inverse * dot(pairs_[k].moved, direction);
      add(direction, -shares[k], pairs_[k].turned);
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      const double scale = 1.0 / (last.inverse * dot(last.turned, last.turned));
      for (double& value : direction) value *= scale;
    }
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
      add(direction, shares[k] - pairs_[k].inverse * dot(pairs_[k].turned, direction), pairs_[k].moved);
    }
    for (double& value : direction) value = -value;
    return direction;
  }

  void remember(const Point& from, const Point& to) {
    Pair pair{to.x, to.gradient, 0.0};
    add(pair.moved, -1.0, from.x);
    add(pair.turned, -1.0, from.gradient);
    const double curvature = dot(pair.moved, pair.turned);
    // Where the function bends the wrong way, or hardly, the pair would spoil the approximation.
    constexpr double kSmallestCosine = 1e-8;
    if (!(curvature > kSmallestCosine * std::sqrt(dot(pair.moved, pair.moved) * dot(pair.turned, pair.turned)))) return;
    pair.inverse = 1.0 / curvature;
    pairs_.push_back(std::move(pair));
    if (std::ssize(pairs_) > options_.memory) pairs_.pop_front();
  }

  [[nodiscard]] bool exhausted() const { return stopped_ || result_.evaluations >= options_.evaluations; }
  [[nodiscard]] bool falls_enough(const Point& start, const Point& point) const {
    return point.value <= start.value + options_.sufficient_decrease * point.step * start.slope;
  }
  [[nodiscard]] bool is_flat_enough(const Point& start, const Point& point) const {
    return std::abs(point.slope) <= -options_.curvature * start.slope;
  }
  /// With the evaluations used up, a point that is lower is still better than none.
  static std::optional<Point> if_lower(const Point& start, Point point) {
    if (point.value < start.value) return point;
    return std::nullopt;
  }

  std::optional<Point> search(const Point& start, const Vector& direction, double step) {
    constexpr double kGrowth = 2.0;
    Point before = start;
    for (bool first = true;; first = false) {
      Point point = evaluate(start.x, direction, step);
      if (!falls_enough(start, point) || (!first && point.value >= before.value)) {
        return exhausted() ? if_lower(start, std::move(point)) : zoom(start, direction, before, std::move(point));
      }
      if (is_flat_enough(start, point) || exhausted()) return point;
      if (point.slope >= 0.0) return zoom(start, direction, point, before);
      step *= kGrowth;
      before = std::move(point);
    }
  }

  /// `low` is the lowest point so far that falls enough; the minimum lies between it and `high`.
  std::optional<Point> zoom(const Point& start, const Vector& direction, Point low, Point high) {
    constexpr int kTries = 8;
    for (int attempt = 0; attempt < kTries && !exhausted(); ++attempt) {
      Point point = evaluate(start.x, direction, between(low, high));
      if (!falls_enough(start, point) || point.value >= low.value) {
        high = std::move(point);
        continue;
      }
      if (is_flat_enough(start, point)) return point;
      if (point.slope * (high.step - low.step) >= 0.0) high = low;
      low = std::move(point);
    }
    return if_lower(start, std::move(low));
  }

  /// The minimum of the parabola through low's value and slope and high's value, well inside the interval.
  static double between(const Point& low, const Point& high) {
    const double width = high.step - low.step;
    const double bend = high.value - low.value - low.slope * width;
    double share = bend > 0.0 && std::isfinite(bend) ? -0.5 * low.slope * width / bend : 0.5;
    share = std::clamp(share, 0.1, 0.9);
    return low.step + share * width;
  }

  const Objective& objective_;
  Vector& best_x_;
  const LbfgsOptions& options_;
  double best_value_ = std::numeric_limits<double>::infinity();
  std::deque<Pair> pairs_;
  Minimum result_;
  bool stopped_ = false;
  bool is_finite_ = true;  ///< the last value
};

}  // namespace

Minimum minimise(const Objective& objective, std::vector<double>& x, const LbfgsOptions& options) {
  return LbfgsMinimiser(objective, x, options).run();
}

}  // namespace strataform::refine
