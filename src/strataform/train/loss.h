#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <vector>

namespace strataform::train {

/// The quantiles that a network of three outputs makes behind its maps.
inline constexpr std::array<double, 2> kQuantiles = {0.1, 0.9};

/// Twice the pinball loss of the quantiles [batch, 2, nz, nx] of the truth [batch, 1, nz, nx], summed over both
/// (Koenker and Bassett, 1978): on the scale of the absolute error, which is that of the median.
inline torch::Tensor quantile_loss(const torch::Tensor& quantiles, const torch::Tensor& truth) {
  torch::Tensor loss = torch::zeros({}, truth.options());
  for (std::size_t k = 0; k < kQuantiles.size(); ++k) {
    const torch::Tensor above = truth - quantiles.narrow(1, static_cast<std::int64_t>(k), 1);
    loss = loss + 2.0 * torch::maximum(kQuantiles[k] * above, (kQuantiles[k] - 1.0) * above).mean();
  }
  return loss;
}

/// Structural similarity of maps [batch, 1, nz, nx] on [-1, 1], averaged over cells and maps, as
/// eval::structural_similarity() defines it, but differentiable.
inline torch::Tensor structural_similarity(const torch::Tensor& prediction, const torch::Tensor& truth) {
  constexpr std::int64_t kRadius = 5;
  constexpr double kSigma = 1.5;
  constexpr double kC1 = 0.01 * 0.01;
  constexpr double kC2 = 0.03 * 0.03;
  // Products with matrices of few diagonals: backwards they take a tenth of a convolution's time.
  const auto gaussian = [](const torch::Tensor& offsets) {
    return (-offsets.square() / (2.0 * kSigma * kSigma)).exp();
  };
  const auto window = [&](std::int64_t cells) {
    const torch::Tensor at = torch::arange(cells, truth.options());
    const torch::Tensor offsets = at.unsqueeze(0) - at.unsqueeze(1);
    const torch::Tensor weights = gaussian(offsets) * (offsets.abs() <= kRadius);
    return weights / gaussian(torch::arange(-kRadius, kRadius + 1, truth.options())).sum();
  };
  const torch::Tensor x = (prediction + 1.0) / 2.0;
  const torch::Tensor y = (truth + 1.0) / 2.0;
  torch::Tensor means = torch::cat({x, y, x * x, y * y, x * y});
  means = window(truth.size(2)).matmul(means).matmul(window(truth.size(3)).t());
  const std::vector<torch::Tensor> mean = means.chunk(5);
  const torch::Tensor product = mean[0] * mean[1];
  const torch::Tensor squares = mean[0].square() + mean[1].square();
  const torch::Tensor covariance = mean[4] - product;
  const torch::Tensor variances = mean[2] + mean[3] - squares;
  return ((2.0 * product + kC1) * (2.0 * covariance + kC2) / ((squares + kC1) * (variances + kC2))).mean();
}

}  // namespace strataform::train
