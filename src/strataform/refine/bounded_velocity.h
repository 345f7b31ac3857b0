#pragma once

#include <span>
#include <vector>

namespace strataform::refine {

/// Velocities between bounds as a logistic function of free variables, one of which moves its cell by about `scale` m/s
/// at the start; cells of scale 0 stay as they are.
class BoundedVelocity {
 public:
  BoundedVelocity(std::span<const float> initial, std::vector<double> scale, double slowest, double fastest);

  /// velocity holds the initial model or what this function left there.
  void velocity_at(const std::vector<double>& x, std::vector<float>& velocity);
  /// From derivatives by the last velocity to those by the variables, in place.
  void chain(std::vector<double>& gradient) const;

 private:
  double slowest_, width_;
  std::vector<double> offset_;
  std::vector<double> scale_;
  std::vector<double> shares_;  ///< of the way between the bounds
};

}  // namespace strataform::refine
