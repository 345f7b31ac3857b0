#pragma once

#include "strataform/train/optimizer.h"

namespace strataform::train {

/// The orthogonal factor U V^T of a matrix U S V^T, approximately: its singular values come to lie between about 0.7
/// and 1.2. Five steps of the Newton-Schulz iteration X <- a X + (b A + c A^2) X, A = X X^T, with the coefficients of
/// Jordan et al. (2024), which are chosen for the steepest slope at zero rather than for convergence.
///
/// matrix [rows, columns], or several of them, [count, rows, columns]; the iteration runs in type, the result is
/// float32.
torch::Tensor orthogonalized(const torch::Tensor& matrix, torch::ScalarType type);

/// Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): each parameter of two or more
/// dimensions, as a matrix of its first by its other dimensions, moves along the orthogonalised Nesterov momentum of
/// its gradients, so that all directions are learned at the same rate. The step is scaled by 0.2 sqrt(max(rows,
/// columns)), which gives it the size of AdamW's (Liu et al., "Muon is scalable for LLM training", 2025), so that one
/// learning rate serves both: AdamW moves the other parameters. Weight decay is decoupled, and for matrices alone.
class Muon : public Optimizer {
 public:
  /// type: in which the orthogonalisation computes.
  Muon(const NamedTensors& parameters, double weight_decay, torch::ScalarType type);

  void step(double learning_rate) override;
  void set_steps(std::int64_t steps) override { vectors_.set_steps(steps); }
  /// "muon.momentum.<name>", and what AdamW keeps of the other parameters.
  [[nodiscard]] NamedTensors state() const override;

 private:
  [[nodiscard]] std::vector<torch::Tensor> directions(const std::vector<torch::Tensor>& ahead) const;

  NamedTensors matrices_;
  std::vector<torch::Tensor> momenta_;
  AdamW vectors_;
  double weight_decay_;
  torch::ScalarType type_;
};

}  // namespace strataform::train
