#include "strataform/train/stepper.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "strataform/core/random.h"
#include "strataform/nn/device.h"
#include "strataform/train/compute.h"
#include "strataform/train/loss.h"

namespace strataform::train {
namespace {

/// The buffers that training changes: none where the statistics of BatchNorm are frozen.
NamedTensors trained_buffers(const nn::Backbone& network, bool frozen) {
  NamedTensors buffers;
  if (frozen) return buffers;
  for (const auto& item : network.named_buffers()) {
    if (item.value().is_floating_point()) buffers.emplace_back(item.key(), item.value());
  }
  return buffers;
}

nn::BatchNormStatistics statistics_of(const TrainOptions& options) {
  return options.freeze_batch_norm ? nn::BatchNormStatistics::kFrozen : nn::BatchNormStatistics::kUpdated;
}

std::unique_ptr<nn::FoldedNorms> fold_norms(nn::Backbone& network, const TrainOptions& options) {
  nn::set_training(network, statistics_of(options));
  return std::make_unique<nn::FoldedNorms>(network);
}

}  // namespace

Stepper::Stepper(const TrainTask& task, const TrainOptions& options, const Context& context)
    : task_(task), options_(options), device_(nn::device_of(*task.network)),
      buffers_(trained_buffers(*task.network, options.freeze_batch_norm)), trained_(joined(task.parameters, buffers_)),
      buffers_before_step_(copies_of(buffers_, "")), optimizer_(make_optimizer(options, task.parameters)),
      average_(trained_, options.ema_decay), folded_(fold_norms(*task.network, options)),
      prefix_(PrefixCache::make(task, options, context)) {}

NamedTensors Stepper::state() const { return joined(joined(trained_, average_.state()), optimizer_->state()); }

double Stepper::step(const TensorBatch& batch, std::int64_t finished, double learning_rate) {
  copy_values(buffers_, buffers_before_step_);
  const double error = compute_gradients(batch, finished);
  if (!std::isfinite(error)) fail("the loss", error);
  const double norm = clip_gradients(task_.parameters, options_.clip_norm);
  if (!std::isfinite(norm)) fail("the norm of the gradients", norm);
  optimizer_->step(learning_rate);
  average_.update(finished + 1);
  return error;
}

void Stepper::fail(const char* what, double value) {
  // The forward pass has moved the statistics of BatchNorm already; the weights are those of the last good step.
  copy_values(buffers_before_step_, buffers_);
  throw Divergence(fmt::format("{} is {}", what, value));
}

double Stepper::compute_gradients(const TensorBatch& batch, std::int64_t finished) {
  nn::set_training(*task_.network, statistics_of(options_));
  // What the network draws (dropout) is a function of seed and step too, so that no generator has to be saved.
  torch::manual_seed(Random(options_.seed, static_cast<std::uint64_t>(finished)).bits());
  for (const auto& [name, parameter] : task_.parameters) parameter.mutable_grad().reset();
  const torch::Tensor output = predict(batch).to(torch::kFloat32);
  const torch::Tensor prediction = nn::map_of(output);
  const torch::Tensor error = torch::l1_loss(prediction, batch.velocity);
  torch::Tensor loss = error;
  if (output.size(1) > 1) loss = loss + quantile_loss(output.narrow(1, 1, output.size(1) - 1), batch.velocity);
  if (options_.structure_weight > 0) {
    loss = loss + options_.structure_weight * (1.0 - structural_similarity(prediction, batch.velocity));
  }
  loss.backward();
  return error.item<double>();
}

torch::Tensor Stepper::predict(const TensorBatch& batch) const {
  nn::Backbone& network = *task_.network;
  const Autocast autocast(options_.precision, device_.type());
  if (prefix_) return network.run_stages(prefix_->of(batch.host), prefix_->stage(), network.stage_count()).front();
  return network.forward(batch.gathers);
}

}  // namespace strataform::train
