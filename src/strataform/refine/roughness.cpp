#include "strataform/refine/roughness.h"

#include <algorithm>
#include <cmath>

namespace strataform::refine {
namespace {

/// m/s between neighbours below which a difference counts as its square.
constexpr double kSmooth = 5.0;
/// m/s between neighbours, everywhere: no first model counts as smoother, or a flat one could not become anything else.
constexpr double kLeastSlope = 10.0;

}  // namespace

/// Visits every cell with the one below, the differences to it and to the cell on the right, and by what these are
/// multiplied in the derivatives.
template <class Visit>
double Roughness::sum(std::span<const float> velocity, Visit visit) const {
  double total = 0.0;
  for (std::int64_t row = 0; row + 1 < nz_; ++row) {
    for (std::int64_t column = 0; column + 1 < nx_; ++column) {
      const auto here = static_cast<std::size_t>(row * nx_ + column);
      const auto below = here + static_cast<std::size_t>(nx_);
      const double down = static_cast<double>(velocity[below]) - velocity[here];
      const double right = static_cast<double>(velocity[here + 1]) - velocity[here];
      const double square = down * down + right * right;
      if (kind_ == RoughnessKind::kTikhonov) {
        total += square;
        visit(here, below, down, right, 2.0);
        continue;
      }
      const double length = std::sqrt(square + kSmooth * kSmooth);
      total += length - kSmooth;
      visit(here, below, down, right, 1.0 / length);
    }
  }
  return total;
}

Roughness::Roughness(RoughnessKind kind, std::int64_t nz, std::int64_t nx, std::span<const float> first)
    : kind_(kind), nz_(nz), nx_(nx) {
  const double slope = kind == RoughnessKind::kTikhonov ? kLeastSlope * kLeastSlope : kLeastSlope;
  first_ = std::max(sum(first, [](std::size_t, std::size_t, double, double, double) {}),
                    slope * static_cast<double>(nz * nx));
}

double Roughness::add(std::span<const float> velocity, double weight, std::vector<double>& gradient) const {
  if (weight <= 0.0) return 0.0;
  const double factor = weight / first_;
  return factor * sum(velocity, [&](std::size_t here, std::size_t below, double down, double right, double stiffness) {
           gradient[below] += factor * stiffness * down;
           gradient[here + 1] += factor * stiffness * right;
           gradient[here] -= factor * stiffness * (down + right);
         });
}

void Roughness::visit_stiffness(std::span<const float> velocity, double weight,
                                const std::function<void(std::size_t, std::size_t, double)>& visit) const {
  if (weight <= 0.0) return;
  sum(velocity, [&](std::size_t here, std::size_t below, double /*down*/, double /*right*/, double stiffness) {
    visit(here, below, weight / first_ * stiffness);
    visit(here, here + 1, weight / first_ * stiffness);
  });
}

}  // namespace strataform::refine
