#include "strataform/invert/inverter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/invert/predict.h"

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
  [[nodiscard]] std::optional<wave::Acquisition> acquisition() const override { return std::nullopt; }
  [[nodiscard]] std::string name() const override { return "gathers"; }
  void read_gathers(std::int64_t index, std::span<float> out) const override {
    const auto size = static_cast<std::size_t>(shape_.size());
    const auto gather = gathers_.subspan(static_cast<std::size_t>(index) * size, size);
    if (!std::all_of(gather.begin(), gather.end(), [](float value) { return std::isfinite(value); })) {
      throw InputError(fmt::format("gathers: expected finite amplitudes, found others in model {}", index));
    }
    std::copy(gather.begin(), gather.end(), out.begin());
  }

 private:
  std::span<const float> gathers_;
  data::GatherShape shape_;
};

}  // namespace

struct Inverter::State {
  AdapterSet adapters;
  std::int64_t batch_size;
  PredictOptions predict;
  Context context;
};

Inverter::Inverter(const InverterOptions& options) {
  if (options.batch_size < 1) {
    throw UsageError(fmt::format("`batch_size`: expected at least 1, found {}", options.batch_size));
  }
  AdapterSet adapters = load_adapted_model(options.model, options.adapter, options.device);
  state_ = std::make_unique<State>(State{std::move(adapters), options.batch_size, {options.mirror}, options.context});
}

Inverter::~Inverter() = default;
Inverter::Inverter(Inverter&&) noexcept = default;
Inverter& Inverter::operator=(Inverter&&) noexcept = default;

std::size_t Inverter::add_adapter(const std::filesystem::path& folder) { return state_->adapters.add(folder); }

std::vector<float> Inverter::invert(std::span<const float> gathers, const data::GatherShape& shape,
                                    std::span<const std::size_t> adapters) const {
  const GatherSpan source(gathers, shape);
  data::check_compatible(state_->adapters.model().input, shape, source.name());
  if (static_cast<std::int64_t>(adapters.size()) != source.size()) {
    throw UsageError(
        fmt::format("adapters: expected a number for each of {} models, found {}", source.size(), adapters.size()));
  }
  std::vector<float> velocity;
  velocity.reserve(static_cast<std::size_t>(source.size() * nz() * nx()));
  for (std::int64_t first = 0; first < source.size(); first += state_->batch_size) {
    state_->context.throw_if_stopped("inversion: stopped between two batches");
    const std::int64_t count = std::min(state_->batch_size, source.size() - first);
    const std::vector<float> maps =
        predict(state_->adapters, source, first,
                adapters.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), state_->predict,
                state_->context);
    velocity.insert(velocity.end(), maps.begin(), maps.end());
  }
  return velocity;
}

std::vector<float> Inverter::invert(std::span<const float> gathers, const data::GatherShape& shape) const {
  const std::vector<std::size_t> last(static_cast<std::size_t>(GatherSpan(gathers, shape).size()),
                                      state_->adapters.size());
  return invert(gathers, shape, last);
}

std::vector<float> Inverter::invert(std::span<const float> gathers) const { return invert(gathers, gather_shape()); }

data::GatherShape Inverter::gather_shape() const {
  const data::InputSpec& input = state_->adapters.model().input;
  return {input.shots, input.samples, input.receivers};
}

std::int64_t Inverter::nz() const { return state_->adapters.model().shape().nz; }

std::int64_t Inverter::nx() const { return state_->adapters.model().shape().nx; }

}  // namespace strataform::invert
