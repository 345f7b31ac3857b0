#include "strataform/train/muon.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

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

/// Whether a parameter, as a matrix of its first by its other dimensions, has more rows than columns.
bool is_tall(const torch::Tensor& parameter) { return parameter.size(0) * parameter.size(0) > parameter.numel(); }

}  // namespace

torch::Tensor orthogonalized(const torch::Tensor& matrix, torch::ScalarType type) {
  // The products are smallest where the rows are fewer than the columns.
  const bool tall = matrix.size(-2) > matrix.size(-1);
  torch::Tensor x = (matrix / (matrix.norm(2, {-2, -1}, /*keepdim=*/true) + 1e-20)).to(type);
  if (tall) x = x.mT();
  const auto sum = [](const torch::Tensor& c, const torch::Tensor& a, const torch::Tensor& b, double beta,
                      double alpha) {
    return c.dim() == 2 ? at::addmm(c, a, b, beta, alpha) : at::baddbmm(c, a, b, beta, alpha);
  };
  for (int i = 0; i < kIterations; ++i) {
    const torch::Tensor a = x.matmul(x.mT());
    const torch::Tensor polynomial = sum(a, a, a, /*beta=*/-4.7750, /*alpha=*/2.0315);
    x = sum(x, polynomial, x, /*beta=*/3.4445, /*alpha=*/1.0);
  }
  if (tall) x = x.mT();
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
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> momenta;
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    const torch::Tensor& parameter = matrices_[i].second;
    if (!parameter.grad().defined()) continue;
    parameters.push_back(parameter);
    gradients.push_back(parameter.grad());
    momenta.push_back(momenta_[i]);
  }
  if (!parameters.empty()) {
    at::_foreach_lerp_(momenta, gradients, 1.0 - kMomentum);
    const std::vector<torch::Tensor> updates = directions(at::_foreach_lerp(gradients, momenta, kMomentum));
    at::_foreach_mul_(parameters, 1.0 - learning_rate * weight_decay_);
    at::_foreach_add_(parameters, updates, -learning_rate);
  }
  vectors_.step(learning_rate);
}

/// Orthogonalised and scaled. Matrices of one size are computed together where a device gains from it.
std::vector<torch::Tensor> Muon::directions(const std::vector<torch::Tensor>& ahead) const {
  std::map<std::array<std::int64_t, 3>, std::vector<std::size_t>> groups;
  std::vector<torch::Tensor> matrices;
  for (std::size_t i = 0; i < ahead.size(); ++i) {
    torch::Tensor matrix = ahead[i].reshape({ahead[i].size(0), -1});
    if (is_tall(ahead[i])) matrix = matrix.t();
    const std::int64_t alone = matrix.is_cpu() ? static_cast<std::int64_t>(i) : 0;
    groups[{matrix.size(0), matrix.size(1), alone}].push_back(i);
    matrices.push_back(std::move(matrix));
  }
  std::vector<torch::Tensor> updates(ahead.size());
  for (const auto& [size, members] : groups) {
    std::vector<torch::Tensor> chosen;
    for (const std::size_t i : members) chosen.push_back(matrices[i]);
    const torch::Tensor found = chosen.size() == 1 ? orthogonalized(chosen.front(), type_).unsqueeze(0)
                                                   : orthogonalized(at::stack(chosen), type_);
    const torch::Tensor scaled = found * (kUpdateRms * std::sqrt(static_cast<double>(size[1])));
    for (std::size_t k = 0; k < members.size(); ++k) {
      const torch::Tensor& like = ahead[members[k]];
      torch::Tensor update = scaled[static_cast<std::int64_t>(k)];
      if (is_tall(like)) update = update.t();
      updates[members[k]] = update.reshape(like.sizes());
    }
  }
  return updates;
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
