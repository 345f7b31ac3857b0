#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace strataform::refine {

/// The sum over cells of |gradient of v|, smoothed near zero (Rudin, Osher and Fatemi, 1992), as a share of what a
/// first model has: it flattens noise and leaves the edges of layers alone.
class TotalVariation {
 public:
  TotalVariation(std::int64_t nz, std::int64_t nx, std::span<const float> first);

  /// weight times the share; its derivatives by the velocities are added to gradient.
  double add(std::span<const float> velocity, double weight, std::vector<double>& gradient) const;

 private:
  template <class Visit>
  double sum(std::span<const float> velocity, Visit visit) const;

  std::int64_t nz_, nx_;
  double first_ = 1.0;
};

}  // namespace strataform::refine
