#include "strataform/train/validation.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "strataform/core/spread.h"
#include "strataform/nn/backbone.h"
#include "strataform/nn/device.h"
#include "strataform/train/compute.h"

namespace strataform::train {

nlohmann::json to_json(const ValidationResult& result) {
  return {{"mae", result.mae}, {"families", result.families}, {"samples", result.samples}};
}

double metres_per_unit(const data::Normalization& normalization) {
  return (normalization.velocity_max - normalization.velocity_min) / 2.0;
}

Validator::Validator(const std::shared_ptr<const data::Dataset>& dataset, const data::InputSpec& input,
                     std::int64_t batch_size, std::int64_t limit)
    : dataset_(data::make_subset(dataset, evenly_spread(dataset->size(), limit))),
      loader_(dataset_, input, {.batch_size = batch_size, .shuffle = false, .flip = data::Flip::kNever}),
      metres_per_unit_(train::metres_per_unit(input.normalization)) {}

ValidationResult Validator::run(nn::Backbone& network, const Context& context) {
  const torch::NoGradGuard no_grad;
  network.eval();
  const torch::Device device = nn::device_of(network);
  std::map<std::string, std::vector<double>> errors;
  for (std::int64_t step = 0; step < loader_.steps_per_epoch(); ++step) {
    context.throw_if_stopped("stopped within a validation");
    data::Batch batch = loader_.batch(step);
    const torch::Tensor gathers = gathers_tensor(batch, network.shape(), device, /*channels_last=*/false);
    const torch::Tensor velocity = velocity_tensor(batch, network.shape(), device);
    const torch::Tensor difference = (nn::map_of(network.forward(gathers)) - velocity).abs();
    const torch::Tensor per_sample = difference.flatten(1).mean(1).to(torch::kCPU, torch::kFloat64).contiguous();
    for (std::int64_t i = 0; i < batch.count; ++i) {
      const std::string& family = dataset_->family(batch.indices[static_cast<std::size_t>(i)]);
      errors[family].push_back(metres_per_unit_ * per_sample.data_ptr<double>()[i]);
    }
  }

  ValidationResult result;
  for (const auto& [family, values] : errors) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    result.families[family] = sum / static_cast<double>(values.size());
    result.mae += sum;
    result.samples += static_cast<std::int64_t>(values.size());
  }
  result.mae /= static_cast<double>(std::max<std::int64_t>(1, result.samples));
  return result;
}

}  // namespace strataform::train
