#include "strataform/invert/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/data/acquisition_json.h"
#include "strataform/data/mirror.h"
#include "strataform/nn/device.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::invert {

namespace {

/// Which of a source's models: first .. first + count - 1.
struct Range {
  std::int64_t first;
  std::int64_t count;
};

std::vector<float> read_inputs(const data::InputSpec& spec, const data::GatherSource& source, const Range& range,
                               const data::TraceOrder& order, int threads) {
  const auto size = static_cast<std::size_t>(spec.input_size());
  std::vector<float> input(size * static_cast<std::size_t>(range.count));
  parallel_for(range.count, threads, [&](std::int64_t index, int) {
    const auto offset = static_cast<std::size_t>(index) * size;
    data::read_input(source, spec, range.first + index, order, std::span(input).subspan(offset, size));
  });
  return input;
}

data::TraceOrder mirrored_order(const model::Model& model, const data::GatherSource& source) {
  std::optional<wave::Acquisition> survey;
  if (!model.acquisition.empty()) survey = data::acquisition_from_json(model.acquisition, "the model's acquisition");
  const auto order = data::mirrored_order(source, model.shape().nx, model.input, data::Flip::kApproximate, survey);
  if (order) return *order;
  throw UsageError(
      fmt::format("{}: expected a survey that is its own mirror image for a mirrored prediction, found "
                  "another or an unknown one",
                  source.name()));
}

/// Reads a range of models and gives what `network` makes of their prepared gathers: maps in m/s.
template <class Network>
std::vector<float> predict_range(const model::Model& model, const data::GatherSource& source, const Range& range,
                                 const PredictOptions& options, int threads, const Network& network) {
  const auto predict = [&](const data::TraceOrder& order) {
    return network(read_inputs(model.input, source, range, order, threads));
  };
  std::vector<float> maps = predict(data::stored_order(model.input));
  if (!options.mirror) return maps;
  std::vector<float> mirrored = predict(mirrored_order(model, source));
  data::flip_map(model.shape().nx, mirrored);
  for (std::size_t cell = 0; cell < maps.size(); ++cell) maps[cell] = 0.5F * (maps[cell] + mirrored[cell]);
  return maps;
}

/// Maps from prepared gathers, each with its adapter.
std::vector<float> predict_with_adapters(const AdapterSet& set, const std::vector<float>& input,
                                         std::span<const std::size_t> numbers) {
  const model::Model& model = set.model();
  const auto input_size = static_cast<std::size_t>(model.input.input_size());
  const auto map_size = static_cast<std::size_t>(model.shape().nz * model.shape().nx);
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t k = 0; k < numbers.size(); ++k) members[numbers[k]].push_back(k);

  std::vector<float> velocity(map_size * numbers.size());
  for (const auto& [number, indices] : members) {
    std::vector<float> own;
    own.reserve(indices.size() * input_size);
    for (const std::size_t k : indices) {
      const auto begin = input.begin() + static_cast<std::ptrdiff_t>(k * input_size);
      own.insert(own.end(), begin, begin + static_cast<std::ptrdiff_t>(input_size));
    }
    set.use(number);
    const std::vector<float> maps = predict(model, own, static_cast<std::int64_t>(indices.size()));
    for (std::size_t i = 0; i < indices.size(); ++i) {
      std::copy_n(maps.begin() + static_cast<std::ptrdiff_t>(i * map_size), map_size,
                  velocity.begin() + static_cast<std::ptrdiff_t>(indices[i] * map_size));
    }
  }
  return velocity;
}

}  // namespace

std::size_t AdapterSet::add(const std::filesystem::path& folder) {
  use(0);
  adapters_.push_back(peft::load_adapter(folder, model_));
  use(adapters_.size());
  return adapters_.size();
}

void AdapterSet::use(std::size_t number) const {
  if (number > adapters_.size()) {
    throw UsageError(fmt::format("adapter number: expected 0 to {}, found {}", adapters_.size(), number));
  }
  for (std::size_t index = 0; index < adapters_.size(); ++index) {
    if (index + 1 != number) adapters_[index]->deactivate();
  }
  if (number == 0) return;
  peft::Adapter& chosen = *adapters_[number - 1];
  chosen.activate();
  if (adapters_.size() == 1 && chosen.method().unmergeable.empty()) chosen.merge();
}

AdapterSet load_adapted_model(const std::filesystem::path& model, const std::filesystem::path& adapter,
                              const std::string& device) {
  AdapterSet set(model::load_model(model, device));
  if (!adapter.empty()) set.add(adapter);
  return set;
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

void check_options(const PredictOptions& options, const model::Model& model, const data::GatherSource& source) {
  if (options.mirror) (void)mirrored_order(model, source);
}

std::vector<float> predict(const model::Model& model, const data::GatherSource& source, std::int64_t first,
                           std::int64_t count, const PredictOptions& options, const Context& context) {
  return predict_range(model, source, {first, count}, options, context.thread_count(),
                       [&](const std::vector<float>& input) { return predict(model, input, count); });
}

std::vector<float> predict(const AdapterSet& set, const data::GatherSource& source, std::int64_t first,
                           std::span<const std::size_t> numbers, const PredictOptions& options,
                           const Context& context) {
  return predict_range(set.model(), source, {first, std::ssize(numbers)}, options, context.thread_count(),
                       [&](const std::vector<float>& input) { return predict_with_adapters(set, input, numbers); });
}

}  // namespace strataform::invert
