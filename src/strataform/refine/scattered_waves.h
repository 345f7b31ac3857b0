#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/survey/modelling.h"

namespace strataform::refine {

/// Square blocks of cells of a model, few enough for matrices of block by block. A block's unknown is the sum over its
/// n cells over the square root of n, so that lengths stay what they are.
struct Blocks {
  Blocks(std::int64_t nz, std::int64_t nx);

  [[nodiscard]] std::int64_t count() const { return rows * columns; }
  [[nodiscard]] Eigen::VectorXd from_cells(const std::vector<double>& values) const;
  [[nodiscard]] std::vector<double> to_cells(const Eigen::VectorXd& values) const;

  std::int64_t rows, columns;
  std::vector<std::int64_t> block_of;  ///< of every cell
  std::vector<float> weight_of;        ///< of every cell: 1 / square root of its block's cells
};

/// J^T J on the blocks, see GaussNewton.
Eigen::MatrixXf scattering_matrix(std::span<const float> velocity, const survey::Modelling& modelling,
                                  const Blocks& blocks, const Context& context = {});

/// How many sources and receivers scattering_matrix() runs waves from, at most.
inline constexpr std::size_t kMatrixSources = 10;
inline constexpr std::size_t kMatrixReceivers = 14;

}  // namespace strataform::refine
