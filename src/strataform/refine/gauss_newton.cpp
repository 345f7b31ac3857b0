#include "strataform/refine/gauss_newton.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "strataform/refine/scattered_waves.h"

namespace strataform::refine {
namespace {

/// Means with Gaussian weights along one axis of blocks, the ends repeated.
Eigen::MatrixXd smoothing(std::int64_t size, double deviation) {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(size, size);
  const auto reach = static_cast<std::int64_t>(std::ceil(4.0 * deviation));
  for (std::int64_t row = 0; row < size; ++row) {
    for (std::int64_t offset = -reach; offset <= reach; ++offset) {
      const double distance = static_cast<double>(offset) / deviation;
      matrix(row, std::clamp<std::int64_t>(row + offset, 0, size - 1)) += std::exp(-0.5 * distance * distance);
    }
    matrix.row(row) /= matrix.row(row).sum();
  }
  return matrix;
}

}  // namespace

struct GaussNewton::Matrices {
  Matrices(std::int64_t nz, std::int64_t nx) : blocks(nz, nx) {
    // In blocks. Layers are long: what is alike beside is more than above and below.
    constexpr double kAcrossLayers = 1.0;
    constexpr double kAlongLayers = 2.0;
    down = smoothing(blocks.rows, kAcrossLayers);
    along = smoothing(blocks.columns, kAlongLayers);
  }

  /// S x, or its transpose, of one vector.
  [[nodiscard]] Eigen::VectorXd smooth(const Eigen::VectorXd& x, bool transposed) const {
    // Rows of blocks lie one after the other: a column-major matrix of [columns, rows].
    const Eigen::Map<const Eigen::MatrixXd> map(x.data(), blocks.columns, blocks.rows);
    const Eigen::MatrixXd result =
        transposed ? Eigen::MatrixXd(along.transpose() * map * down) : Eigen::MatrixXd(along * map * down.transpose());
    return Eigen::Map<const Eigen::VectorXd>(result.data(), result.size());
  }

  Blocks blocks;
  Eigen::MatrixXd down, along;
  Eigen::MatrixXf scattering;  ///< J^T J
  Eigen::MatrixXd sum;         ///< what is to be inverted, not smoothed
};

GaussNewton::GaussNewton(std::span<const float> velocity, const survey::Modelling& modelling, const Context& context)
    : matrices_(std::make_unique<Matrices>(modelling.grid.nz, modelling.grid.nx)) {
  matrices_->scattering = scattering_matrix(velocity, modelling, matrices_->blocks, context);
}
GaussNewton::~GaussNewton() = default;
GaussNewton::GaussNewton(GaussNewton&&) noexcept = default;
GaussNewton& GaussNewton::operator=(GaussNewton&&) noexcept = default;

std::int64_t GaussNewton::cost(const survey::Survey& survey) {
  const std::size_t waves =
      std::min(survey.shots.size(), kMatrixSources) + std::min(survey.shots.front().receivers.size(), kMatrixReceivers);
  const std::size_t gradient = 2 * survey.shots.size();
  return static_cast<std::int64_t>((waves + gradient - 1) / gradient);
}

void GaussNewton::set(double scale) { matrices_->sum = scale * matrices_->scattering.cast<double>(); }

void GaussNewton::add(const Roughness& roughness, std::span<const float> velocity, double weight) {
  const Blocks& blocks = matrices_->blocks;
  Eigen::MatrixXd& sum = matrices_->sum;
  roughness.visit_stiffness(velocity, weight, [&](std::size_t here, std::size_t there, double stiffness) {
    const std::int64_t a = blocks.block_of[here];
    const std::int64_t b = blocks.block_of[there];
    if (a == b) return;
    const double of_a = blocks.weight_of[here];
    const double of_b = blocks.weight_of[there];
    sum(a, a) += stiffness * of_a * of_a;
    sum(b, b) += stiffness * of_b * of_b;
    sum(a, b) -= stiffness * of_a * of_b;
    sum(b, a) -= stiffness * of_a * of_b;
  });
}

double GaussNewton::curvature(std::span<const double> change) const {
  const Eigen::VectorXd x = matrices_->blocks.from_cells({change.begin(), change.end()});
  return x.dot(matrices_->scattering.cast<double>() * x);
}

std::vector<double> GaussNewton::solve(const std::vector<double>& gradient, double damping) const {
  constexpr double kUsualChange = 200.0;  // m/s
  const Matrices& m = *matrices_;
  Eigen::MatrixXd inverted = m.sum;
  // S^T (S^T M)^T = S^T M S.
  for (int side = 0; side < 2; ++side) {
    for (Eigen::Index k = 0; k < inverted.cols(); ++k) inverted.col(k) = m.smooth(inverted.col(k), /*transposed=*/true);
    inverted.transposeInPlace();
  }
  inverted.diagonal().array() += damping / (kUsualChange * kUsualChange * static_cast<double>(m.blocks.count()));
  const Eigen::VectorXd right = m.smooth(m.blocks.from_cells(gradient), /*transposed=*/true);
  return m.blocks.to_cells(m.smooth(-inverted.llt().solve(right), /*transposed=*/false));
}

}  // namespace strataform::refine
