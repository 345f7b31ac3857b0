#include "strataform/train/muon.h"

#include <algorithm>
#include <cmath>

namespace strataform::train {
namespace {

constexpr double kMomentum = 0.95;
constexpr int kIterations = 5;
constexpr double kUpdateRms = 0.2;  ///< of AdamW's updates, typically

NamedTensors of_dimension(const NamedTensors& parameters, bool matrices) {
  NamedTensors chosen;
  for (const auto& [name, parameter] : parameters) {
    if ((parameter.dim() > 1) == matrices) chosen.emplace_back(name, parameter);
  }
  return chosen;
}

}  // namespace

torch::Tensor orthogonalized(const torch::Tensor& matrix, torch::ScalarType type) {
  // The products are smallest where the rows are fewer than the columns.
  const bool tall = matrix.size(0) > matrix.size(1);
  torch::Tensor x = (matrix / (matrix.norm() + 1e-20)).to(type);
  if (tall) x = x.t();
  for (int i = 0; i < kIterations; ++i) {
    const torch::Tensor a = x.mm(x.t());
    const torch::Tensor polynomial = torch::addmm(a, a, a, /*beta=*/-4.7750, /*alpha=*/2.0315);
    x = torch::addmm(x, polynomial, x, /*beta=*/3.4445);
  }
  if (tall) x = x.t();
  return x.to(torch::kFloat32);
}

Muon::Muon(const NamedTensors& parameters, double weight_decay, torch::ScalarType type)
    : matrices_(of_dimension(parameters, true)), vectors_(of_dimension(parameters, false), weight_decay),
      weight_decay_(weight_decay), type_(type) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, parameter] : matrices_) momenta_.push_back(torch::zeros_like(parameter));
}

void Muon::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    const torch::Tensor& parameter = matrices_[i].second;
    const torch::Tensor& gradient = parameter.grad();
    if (!gradient.defined()) continue;
    momenta_[i].lerp_(gradient, 1.0 - kMomentum);
    const torch::Tensor ahead = gradient.lerp(momenta_[i], kMomentum).reshape({parameter.size(0), -1});
    const double scale = kUpdateRms * std::sqrt(static_cast<double>(std::max(ahead.size(0), ahead.size(1))));
    parameter.mul_(1.0 - learning_rate * weight_decay_);
    parameter.add_(orthogonalized(ahead, type_).view(parameter.sizes()), -learning_rate * scale);
  }
  vectors_.step(learning_rate);
}

NamedTensors Muon::state() const {
  NamedTensors state;
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    state.emplace_back("muon.momentum." + matrices_[i].first, momenta_[i]);
  }
  const NamedTensors vectors = vectors_.state();
  state.insert(state.end(), vectors.begin(), vectors.end());
  return state;
}

}  // namespace strataform::train
