#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "strataform/train/named_tensors.h"
#include "strataform/train/train_options.h"

namespace strataform::train {

/// Changes parameters by their gradients. Its state is plain tensors that go in and out of a checkpoint unchanged.
class Optimizer {
 public:
  Optimizer() = default;
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  Optimizer(Optimizer&&) = delete;
  Optimizer& operator=(Optimizer&&) = delete;

  virtual void step(double learning_rate) = 0;
  /// Steps that earlier stretches of a resumed run have made.
  virtual void set_steps(std::int64_t steps) = 0;
  /// Shares memory with the optimiser.
  [[nodiscard]] virtual NamedTensors state() const = 0;
};

/// The optimiser that the options name, for these parameters.
std::unique_ptr<Optimizer> make_optimizer(const TrainOptions& options, const NamedTensors& parameters);

/// AdamW (Loshchilov and Hutter, 2019) with decoupled weight decay on parameters of two or more dimensions: biases and
/// normalisation weights are not decayed. One call of LibTorch's fused kernel does a whole step.
class AdamW : public Optimizer {
 public:
  AdamW(const NamedTensors& parameters, double weight_decay);

  void step(double learning_rate) override;
  void set_steps(std::int64_t steps) override { steps_ = steps; }
  /// "adam.mean.<name>" and "adam.square.<name>": the moments.
  [[nodiscard]] NamedTensors state() const override;

 private:
  struct Group {
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> means;
    std::vector<torch::Tensor> squares;
    std::vector<std::string> names;
    double weight_decay;
  };
  static void step(Group& group, double learning_rate, const torch::Tensor& step);

  Group decayed_;
  Group plain_;
  std::int64_t steps_ = 0;
};

/// Scales all gradients so that their joint l2 norm is at most max_norm (0: no limit) and returns the norm before.
double clip_gradients(const NamedTensors& parameters, double max_norm);

/// Exponential moving average of tensors, its decay warmed up as min(decay, (1 + step) / (10 + step)) so that the
/// random start is soon forgotten. Integer tensors (BatchNorm's counter) are copied.
class MovingAverage {
 public:
  MovingAverage(NamedTensors tensors, double decay);

  /// step: finished optimiser steps.
  void update(std::int64_t step);
  /// Exchanges the values of the average and of the tensors it follows.
  void swap();
  /// "ema.<name>", sharing memory with the average.
  [[nodiscard]] NamedTensors state() const;

 private:
  NamedTensors followed_;
  std::vector<torch::Tensor> average_;
  double decay_;
};

/// For a scope: the network holds its averaged weights.
class AveragedWeights {
 public:
  explicit AveragedWeights(MovingAverage& average) : average_(average) { average_.swap(); }
  ~AveragedWeights() { average_.swap(); }
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;
  AveragedWeights(AveragedWeights&&) = delete;
  AveragedWeights& operator=(AveragedWeights&&) = delete;

 private:
  MovingAverage& average_;
};

}  // namespace strataform::train
