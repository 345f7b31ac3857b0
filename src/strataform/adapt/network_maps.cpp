#include "strataform/adapt/network_maps.h"

#include <algorithm>

#include "strataform/core/parallel.h"
#include "strataform/data/input_spec.h"
#include "strataform/nn/backbone.h"

namespace strataform::adapt {

NetworkMaps::NetworkMaps(const model::Model& model, const data::GatherSource& source,
                         const survey::Modelling& modelling, const Context& context)
    : model_(model), reader_(source, model.input, model.shape().nx, data::Flip::kNever, modelling), context_(context) {
  model.backbone->eval();
  folded_ = std::make_unique<nn::FoldedNorms>(*model.backbone);
}

torch::Tensor NetworkMaps::velocity(std::span<const std::int64_t> indices) const {
  const data::InputSpec& spec = model_.input;
  const auto size = static_cast<std::size_t>(spec.input_size());
  torch::Tensor input = torch::empty({std::ssize(indices), spec.shots, spec.input_samples(), spec.receivers});
  const std::span<float> values(input.mutable_data_ptr<float>(), size * indices.size());
  parallel_for(std::ssize(indices), context_.thread_count(), [&](std::int64_t k, int /*worker*/) {
    const auto place = static_cast<std::size_t>(k);
    reader_.read(indices[place], /*mirrored=*/false, values.subspan(place * size, size));
  });
  const torch::Tensor weights = model_.backbone->parameters().front();
  const torch::Tensor output = model_.backbone->forward(input.to(weights.device(), weights.scalar_type()));
  const data::Normalization& range = spec.normalization;
  const double half = 0.5 * (range.velocity_max - range.velocity_min);
  return nn::map_of(output).squeeze(1).to(torch::kCPU) * half + (range.velocity_min + half);
}

std::vector<float> NetworkMaps::maps(std::span<const std::int64_t> indices) const {
  constexpr std::size_t kAtOnce = 16;
  const torch::NoGradGuard no_gradients;
  std::vector<float> maps;
  for (std::size_t first = 0; first < indices.size(); first += kAtOnce) {
    const std::vector<float> some =
        values_of(velocity(indices.subspan(first, std::min(kAtOnce, indices.size() - first))));
    maps.insert(maps.end(), some.begin(), some.end());
  }
  return maps;
}

std::int64_t NetworkMaps::cells() const { return model_.shape().nz * model_.shape().nx; }

std::vector<float> values_of(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const float* first = values.const_data_ptr<float>();
  return {first, first + values.numel()};
}

}  // namespace strataform::adapt
