#include "strataform/refine/bounded_velocity.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace strataform::refine {

BoundedVelocity::BoundedVelocity(std::span<const float> initial, std::vector<double> scale, double slowest,
                                 double fastest)
    : slowest_(slowest), width_(fastest - slowest), scale_(std::move(scale)) {
  for (std::size_t cell = 0; cell < initial.size(); ++cell) {
    // A model on a bound could never leave it.
    const double share = std::clamp((initial[cell] - slowest_) / width_, 1e-3, 1.0 - 1e-3);
    offset_.push_back(std::log(share / (1.0 - share)));
    scale_[cell] /= width_ * share * (1.0 - share);
  }
  shares_.resize(initial.size());
}

void BoundedVelocity::velocity_at(const std::vector<double>& x, std::vector<float>& velocity) {
  for (std::size_t cell = 0; cell < x.size(); ++cell) {
    if (scale_[cell] == 0.0) continue;
    shares_[cell] = 1.0 / (1.0 + std::exp(-(offset_[cell] + scale_[cell] * x[cell])));
    velocity[cell] = static_cast<float>(slowest_ + width_ * shares_[cell]);
  }
}

void BoundedVelocity::chain(std::vector<double>& gradient) const {
  for (std::size_t cell = 0; cell < gradient.size(); ++cell) {
    gradient[cell] *= scale_[cell] * width_ * shares_[cell] * (1.0 - shares_[cell]);
  }
}

}  // namespace strataform::refine
