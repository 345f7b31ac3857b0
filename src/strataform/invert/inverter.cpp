#include "strataform/invert/inverter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/invert/model_pool.h"

namespace strataform::invert {
namespace {

/// Gathers that the caller holds in memory.
class GatherSpan : public data::GatherSource {
 public:
  GatherSpan(std::span<const float> gathers, const data::GatherShape& shape) : gathers_(gathers), shape_(shape) {
    const auto values = static_cast<std::int64_t>(gathers.size());
    if (shape.size() <= 0 || values % shape.size() != 0) {
      throw MismatchError(fmt::format("gathers: expected a multiple of {} x {} x {} amplitudes, found {}", shape.shots,
                                      shape.samples, shape.receivers, values));
    }
  }

  [[nodiscard]] std::int64_t size() const override {
    return static_cast<std::int64_t>(gathers_.size()) / shape_.size();
  }
  [[nodiscard]] data::GatherShape gather_shape() const override { return shape_; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return std::nullopt; }
  [[nodiscard]] std::string name() const override { return "gathers"; }
  void read_gathers(std::int64_t index, std::span<float> out) const override {
    const auto size = static_cast<std::size_t>(shape_.size());
    const auto gather = gathers_.subspan(static_cast<std::size_t>(index) * size, size);
    if (!std::all_of(gather.begin(), gather.end(), [](float value) { return std::isfinite(value); })) {
      throw InputError(fmt::format("gathers: expected finite amplitudes, found others in example {}", index));
    }
    std::copy(gather.begin(), gather.end(), out.begin());
  }

 private:
  std::span<const float> gathers_;
  data::GatherShape shape_;
};

}  // namespace

struct Inverter::State {
  explicit State(const InverterOptions& options)
      : pool(std::make_shared<LoadedModel>(options.model, options.device), {options.replicas, options.batch_size}),
        predict{options.mirror} {
    if (options.adapter.empty()) return;
    preset = "default";
    pool.add_adapter(preset, options.adapter);
  }

  ModelPool pool;
  PredictOptions predict;
  std::string preset;  ///< the name of the options' adapter; empty: none
};

Inverter::Inverter(const InverterOptions& options) : state_(std::make_unique<State>(options)) {}

Inverter::~Inverter() = default;
Inverter::Inverter(Inverter&&) noexcept = default;
Inverter& Inverter::operator=(Inverter&&) noexcept = default;

std::vector<float> Inverter::invert(std::span<const float> gathers, const data::GatherShape& shape,
                                    std::span<const std::string> adapters, const Context& context) const {
  const GatherSpan source(gathers, shape);
  if (std::ssize(adapters) != source.size()) {
    throw UsageError(
        fmt::format("adapters: expected a name for each of {} examples, found {}", source.size(), adapters.size()));
  }
  return state_->pool.predict(source, 0, adapters, state_->predict, context);
}

std::vector<float> Inverter::invert(std::span<const float> gathers, const data::GatherShape& shape,
                                    const Context& context) const {
  const GatherSpan source(gathers, shape);
  const std::vector<std::string> names(static_cast<std::size_t>(source.size()), state_->preset);
  return state_->pool.predict(source, 0, names, state_->predict, context);
}

std::vector<float> Inverter::invert(std::span<const float> gathers, const Context& context) const {
  return invert(gathers, gather_shape(), context);
}

void Inverter::add_adapter(const std::string& name, const std::filesystem::path& folder) {
  state_->pool.add_adapter(name, folder);
}

void Inverter::replace_adapter(const std::string& name, const std::filesystem::path& folder) {
  state_->pool.replace_adapter(name, folder);
}

void Inverter::remove_adapter(const std::string& name) { state_->pool.remove_adapter(name); }

std::vector<std::string> Inverter::adapters() const {
  std::vector<std::string> names;
  for (const PoolAdapter& adapter : state_->pool.adapters()) names.push_back(adapter.name);
  return names;
}

data::GatherShape Inverter::gather_shape() const {
  const data::InputSpec& input = state_->pool.model().input();
  return {input.shots, input.samples, input.receivers};
}

std::int64_t Inverter::nz() const { return state_->pool.model().nz(); }

std::int64_t Inverter::nx() const { return state_->pool.model().nx(); }

}  // namespace strataform::invert
