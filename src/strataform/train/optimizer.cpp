#include "strataform/train/optimizer.h"

#include <algorithm>

#include "strataform/nn/device.h"
#include "strataform/train/muon.h"

namespace strataform::train {
namespace {

// The values that AdamW's paper and every framework use.
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const TrainOptions& options, const NamedTensors& parameters) {
  if (options.optimizer == OptimizerKind::kAdamW) return std::make_unique<AdamW>(parameters, options.weight_decay);
  const bool half =
      options.precision == Precision::kBFloat16 && nn::multiplies_bfloat16(parameters.front().second.device());
  return std::make_unique<Muon>(parameters, options.weight_decay, half ? torch::kBFloat16 : torch::kFloat32);
}

AdamW::AdamW(const NamedTensors& parameters, double weight_decay) {
  const torch::NoGradGuard no_grad;
  decayed_.weight_decay = weight_decay;
  plain_.weight_decay = 0.0;
  for (const auto& [name, parameter] : parameters) {
    Group& group = parameter.dim() > 1 ? decayed_ : plain_;
    group.names.push_back(name);
    group.parameters.push_back(parameter);
    group.means.push_back(torch::zeros_like(parameter));
    group.squares.push_back(torch::zeros_like(parameter));
  }
}

void AdamW::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  const torch::Tensor count = torch::full({}, static_cast<double>(steps_), torch::kFloat32);
  step(decayed_, learning_rate, count);
  step(plain_, learning_rate, count);
}

void AdamW::step(Group& group, double learning_rate, const torch::Tensor& step) {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> means;
  std::vector<torch::Tensor> squares;
  for (std::size_t i = 0; i < group.parameters.size(); ++i) {
    const torch::Tensor& parameter = group.parameters[i];
    torch::Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    // The fused kernel walks through memory: all four tensors need the same strides.
    if (gradient.strides() != parameter.strides()) gradient = torch::empty_like(parameter).copy_(gradient);
    parameters.push_back(parameter);
    gradients.push_back(gradient);
    means.push_back(group.means[i]);
    squares.push_back(group.squares[i]);
  }
  if (parameters.empty()) return;
  const std::vector<torch::Tensor> counts(parameters.size(), step.to(parameters.front().device()));
  at::_fused_adamw_(parameters, gradients, means, squares, {}, counts, learning_rate, kBeta1, kBeta2,
                    group.weight_decay, kEpsilon, /*amsgrad=*/false, /*maximize=*/false);
}

NamedTensors AdamW::state() const {
  NamedTensors state;
  for (const Group* group : {&decayed_, &plain_}) {
    for (std::size_t i = 0; i < group->names.size(); ++i) {
      state.emplace_back("adam.mean." + group->names[i], group->means[i]);
      state.emplace_back("adam.square." + group->names[i], group->squares[i]);
    }
  }
  return state;
}

double clip_gradients(const NamedTensors& parameters, double max_norm) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return 0.0;
  const double norm = torch::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (max_norm > 0 && norm > max_norm) at::_foreach_mul_(gradients, max_norm / norm);
  return norm;
}

MovingAverage::MovingAverage(NamedTensors tensors, double decay) : followed_(std::move(tensors)), decay_(decay) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : followed_) average_.push_back(tensor.detach().clone());
}

void MovingAverage::update(std::int64_t step) {
  const torch::NoGradGuard no_grad;
  const auto count = static_cast<double>(step);
  const double decay = std::min(decay_, (1.0 + count) / (10.0 + count));
  std::vector<torch::Tensor> averages;
  std::vector<torch::Tensor> values;
  for (std::size_t i = 0; i < followed_.size(); ++i) {
    const torch::Tensor& value = followed_[i].second;
    if (!value.is_floating_point()) {
      average_[i].copy_(value);
      continue;
    }
    averages.push_back(average_[i]);
    values.push_back(value.detach());
  }
  if (!averages.empty()) at::_foreach_lerp_(averages, values, 1.0 - decay);
}

void MovingAverage::swap() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < followed_.size(); ++i) {
    const torch::Tensor value = followed_[i].second.detach().clone();
    followed_[i].second.copy_(average_[i]);
    average_[i].copy_(value);
  }
}

NamedTensors MovingAverage::state() const {
  NamedTensors state;
  for (std::size_t i = 0; i < followed_.size(); ++i) state.emplace_back("ema." + followed_[i].first, average_[i]);
  return state;
}

}  // namespace strataform::train
