#include "strataform/invert/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/nn/device.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::invert {
AdaptedModel load_adapted_model(const std::filesystem::path& model, const std::filesystem::path& adapter,
                                const std::string& device) {
  AdaptedModel loaded{model::load_model(model, device), nullptr};
  if (!adapter.empty()) {
    loaded.adapter = peft::load_adapter(adapter, loaded.model);
    if (loaded.adapter->method().unmergeable.empty()) loaded.adapter->merge();
  }
  return loaded;
}

std::vector<float> predict(const model::Model& model, std::span<const float> input, std::int64_t count) {
  const data::InputSpec& spec = model.input;
  if (static_cast<std::int64_t>(input.size()) != count * spec.input_size()) {
    throw MismatchError(fmt::format("prediction: expected {} values for {} models, found {}", count * spec.input_size(),
                                    count, input.size()));
  }
  const torch::NoGradGuard no_gradients;
  model.backbone->eval();
  // from_blob wants a pointer to mutable memory, but nothing writes through it.
  auto* values = const_cast<float*>(input.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  const torch::Tensor batch =
      torch::from_blob(values, {count, spec.shots, spec.input_samples(), spec.receivers}, torch::kFloat32);
  const torch::Device device = nn::device_of(*model.backbone);
  const torch::Tensor output = model.backbone->forward(batch.to(device)).to(torch::kCPU, torch::kFloat32).contiguous();

  std::vector<float> velocity(static_cast<std::size_t>(output.numel()));
  const std::span<const float> maps(output.data_ptr<float>(), velocity.size());
  if (!std::all_of(maps.begin(), maps.end(), [](float value) { return std::isfinite(value); })) {
    throw NumericalError("prediction: the network gave values that are not finite");
  }
  data::denormalize_velocity(spec.normalization, maps, velocity);
  return velocity;
}

std::vector<float> predict(const model::Model& model, const data::GatherSource& source, std::int64_t first,
                           std::int64_t count) {
  const auto size = static_cast<std::size_t>(model.input.input_size());
  std::vector<float> input(size * static_cast<std::size_t>(count));
  parallel_for(count, [&](std::int64_t index, int) {
    const auto offset = static_cast<std::size_t>(index) * size;
    data::read_input(source, model.input, first + index, std::span(input).subspan(offset, size));
  });
  return predict(model, input, count);
}

}  // namespace strataform::invert
