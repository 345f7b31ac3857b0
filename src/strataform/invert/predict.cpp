#include "strataform/invert/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/data/input_reader.h"
#include "strataform/nn/backbone.h"
#include "strataform/nn/device.h"

namespace strataform::invert {

namespace {

data::InputReader reader_of(const model::Model& model, const data::GatherSource& source,
                            const PredictOptions& options) {
  return {
      source, model.input, model.shape().nx, data::Flip::kApproximate, model.modelling, velocity_ratio(options, model)};
}

std::vector<float> read_inputs(const data::InputReader& reader, const data::InputSpec& spec,
                               std::span<const std::int64_t> indices, bool mirrored, int threads) {
  const auto size = static_cast<std::size_t>(spec.input_size());
  std::vector<float> input(size * indices.size());
  parallel_for(std::ssize(indices), threads, [&](std::int64_t k, int) {
    const auto place = static_cast<std::size_t>(k);
    reader.read(indices[place], mirrored, std::span(input).subspan(place * size, size));
  });
  return input;
}

void require_mirror(const data::InputReader& reader, const data::GatherSource& source) {
  if (reader.mirrors()) return;
  throw UsageError(
      fmt::format("{}: expected a survey that is its own mirror image for a mirrored prediction, found "
                  "another or an unknown one",
                  source.name()));
}

}  // namespace

double velocity_ratio(const PredictOptions& options, const model::Model& model) {
  if (!options.slowest) return 1.0;
  if (!model.input.any_survey) {
    throw UsageError("`slowest`: expected none, because the network knows one survey and its velocities alone");
  }
  if (!std::isfinite(*options.slowest) || *options.slowest <= 0.0) {
    throw UsageError(fmt::format("`slowest`: expected a velocity above 0 m/s, found {}", *options.slowest));
  }
  return model.input.normalization.velocity_min / *options.slowest;
}

std::vector<float> predict(const model::Model& model, std::span<const float> input, std::int64_t count) {
  const data::InputSpec& spec = model.input;
  if (static_cast<std::int64_t>(input.size()) != count * spec.input_size()) {
    throw MismatchError(fmt::format("prediction: expected {} values for {} examples, found {}",
                                    count * spec.input_size(), count, input.size()));
  }
  const torch::NoGradGuard no_gradients;
  model.backbone->eval();
  // from_blob wants a pointer to mutable memory, but nothing writes through it.
  auto* values = const_cast<float*>(input.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  const torch::Tensor batch =
      torch::from_blob(values, {count, spec.shots, spec.input_samples(), spec.receivers}, torch::kFloat32);
  const torch::Device device = nn::device_of(*model.backbone);
  const torch::Tensor output =
      nn::map_of(model.backbone->forward(batch.to(device))).to(torch::kCPU, torch::kFloat32).contiguous();

  std::vector<float> velocity(static_cast<std::size_t>(output.numel()));
  const std::span<const float> maps(output.data_ptr<float>(), velocity.size());
  if (!std::all_of(maps.begin(), maps.end(), [](float value) { return std::isfinite(value); })) {
    throw NumericalError("prediction: the network gave values that are not finite");
  }
  data::denormalize_velocity(spec.normalization, maps, velocity);
  return velocity;
}

void check(const PredictOptions& options, const model::Model& model, const data::GatherSource& source) {
  const data::InputReader reader = reader_of(model, source, options);
  if (options.mirror) require_mirror(reader, source);
}

std::vector<float> predict(const model::Model& model, const data::GatherSource& source, std::int64_t first,
                           std::int64_t count, const PredictOptions& options, const Context& context) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), first);
  return predict(model, source, indices, options, context);
}

std::vector<float> predict(const model::Model& model, const data::GatherSource& source,
                           std::span<const std::int64_t> indices, const PredictOptions& options,
                           const Context& context) {
  const data::InputReader reader = reader_of(model, source, options);
  if (options.mirror) require_mirror(reader, source);
  const auto predict_from = [&](bool mirrored) {
    return predict(model, read_inputs(reader, model.input, indices, mirrored, context.thread_count()),
                   std::ssize(indices));
  };
  std::vector<float> maps = predict_from(false);
  if (options.mirror) {
    std::vector<float> mirrored = predict_from(true);
    data::flip_map(model.shape().nx, mirrored);
    for (std::size_t cell = 0; cell < maps.size(); ++cell) maps[cell] = 0.5F * (maps[cell] + mirrored[cell]);
  }
  if (options.slowest) {
    const auto ratio = static_cast<float>(velocity_ratio(options, model));
    for (float& velocity : maps) velocity /= ratio;
  }
  return maps;
}

}  // namespace strataform::invert
