#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace strataform::refine {

enum class RoughnessKind {
  kTotalVariation,  ///< sum over cells of |gradient of v|, smoothed near zero (Rudin, Osher and Fatemi, 1992)
  kTikhonov,        ///< of its square
};

/// How rough a velocity is, as a share of what a first model is, or a slope of 10 m/s from cell to cell if that is
/// rougher. Total variation flattens noise and leaves the edges of
/// layers alone; Tikhonov's smooths both.
class Roughness {
 public:
  Roughness(RoughnessKind kind, std::int64_t nz, std::int64_t nx, std::span<const float> first);

  /// weight times the share; its derivatives by the velocities are added to gradient.
  double add(std::span<const float> velocity, double weight, std::vector<double>& gradient) const;
  /// Its second derivatives as springs between neighbouring cells, visit(cell, other cell, stiffness). Those of total
  /// variation are the ones that give its gradient in this very model (Vogel and Oman, 1996).
  void visit_stiffness(std::span<const float> velocity, double weight,
                       const std::function<void(std::size_t, std::size_t, double)>& visit) const;

 private:
  template <class Visit>
  double sum(std::span<const float> velocity, Visit visit) const;

  RoughnessKind kind_;
  std::int64_t nz_, nx_;
  double first_;
};

}  // namespace strataform::refine
