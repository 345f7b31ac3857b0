#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/wave/propagator.h"

namespace strataform::model {

struct WaveFunctionOptions {
  wave::PropagatorOptions propagator;
  wave::GradientOptions gradient;
};

/// The propagator that an autograd graph keeps for its backward pass.
struct GraphPropagator : torch::CustomClassHolder {
  GraphPropagator(const survey::Modelling& modelling, const WaveFunctionOptions& options)
      : propagator(modelling, options.propagator), gradient_options(options.gradient) {}

  wave::Propagator propagator;
  wave::GradientOptions gradient_options;
};

/// Modelling as an autograd operation; use model_gathers().
class WaveFunction : public torch::autograd::Function<WaveFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& velocity,
                               const std::optional<torch::Tensor>& wavelet,
                               const c10::intrusive_ptr<GraphPropagator>& graph) {
    context->save_for_backward({velocity, wavelet.value_or(torch::Tensor())});
    context->saved_data["graph"] = c10::IValue::make_capsule(graph);
    torch::Tensor gathers = torch::empty(gather_shape(velocity.size(0), graph->propagator), velocity.options());
    AT_DISPATCH_FLOATING_TYPES(velocity.scalar_type(), "model_gathers", [&] {
      const torch::Tensor models = velocity.contiguous();
      graph->propagator.forward(values_of<scalar_t>(models), models.size(0),
                                std::span(gathers.mutable_data_ptr<scalar_t>(), size_of(gathers)));
    });
    return gathers;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& output_gradients) {
    if (torch::GradMode::is_enabled()) throw UsageError("model_gathers: it has no second derivatives (create_graph)");
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const torch::Tensor& velocity = saved[0];
    const torch::Tensor& wavelet = saved[1];
    const auto graph = c10::static_intrusive_pointer_cast<GraphPropagator>(context->saved_data["graph"].toCapsule());
    wave::Gradient gradient;
    AT_DISPATCH_FLOATING_TYPES(velocity.scalar_type(), "model_gathers", [&] {
      gradient = gradient_of<scalar_t>(*graph, velocity.contiguous(), output_gradients[0].contiguous());
    });
    torch::Tensor by_wavelet;
    if (wavelet.defined()) {
      by_wavelet = torch::tensor(gradient.wavelet, torch::kFloat64).view({-1, wavelet.size(0)}).sum(0).to(wavelet);
    }
    return {torch::tensor(gradient.velocity, torch::kFloat64).view(velocity.sizes()).to(velocity), by_wavelet, {}};
  }

 private:
  static std::vector<std::int64_t> gather_shape(std::int64_t models, const wave::Propagator& propagator) {
    const survey::Survey& survey = propagator.modelling().survey;
    const std::optional<std::int64_t> receivers = survey::common_receivers(survey);
    if (!receivers) return {models, propagator.gather_size()};
    return {models, propagator.shots(), survey.samples, *receivers};
  }
  static std::size_t size_of(const torch::Tensor& tensor) { return static_cast<std::size_t>(tensor.numel()); }
  template <class Real>
  static std::span<const Real> values_of(const torch::Tensor& tensor) {
    return {tensor.const_data_ptr<Real>(), size_of(tensor)};
  }

  /// Both tensors are contiguous.
  template <class Real>
  static wave::Gradient gradient_of(const GraphPropagator& graph, const torch::Tensor& velocity,
                                    const torch::Tensor& gather_gradients) {
    const std::span<const Real> given = values_of<Real>(gather_gradients);
    const wave::Propagator& propagator = graph.propagator;
    const wave::Misfit<Real> misfit = [&](std::int64_t model, std::int64_t shot, std::span<const Real> gather,
                                          std::span<Real> derivative) {
      const auto first = static_cast<std::size_t>(model * propagator.gather_size() + propagator.gather_start(shot));
      std::ranges::copy(given.subspan(first, gather.size()), derivative.begin());
      return 0.0;
    };
    return propagator.gradient(values_of<Real>(velocity), velocity.size(0), misfit, graph.gradient_options);
  }
};

/// Throws UsageError unless the tensor lies on the CPU and has one of the two floating-point types and a right shape.
inline void require_tensor(const torch::Tensor& tensor, bool right_shape, const std::string& what) {
  const bool right_type = tensor.scalar_type() == torch::kFloat32 || tensor.scalar_type() == torch::kFloat64;
  if (right_shape && right_type && tensor.device().is_cpu() && tensor.layout() == torch::kStrided) return;
  throw UsageError(fmt::format("model_gathers: expected {} in float32 or float64 on the CPU, found {} [{}]", what,
                               tensor.toString(), fmt::join(tensor.sizes(), ", ")));
}

/// The gathers [N, shots, samples, receivers] of N models, velocity [N, nz, nx] or [N, 1, nz, nx] in m/s:
/// Propagator::forward as an operation that loss.backward() goes through, all in the type of `velocity`. Where not
/// every shot has as many receivers, [N, values], the shots of a model one after another. With a `wavelet` [any number
/// of the scheme's time steps] in place of the source's, the derivatives reach it as well; the amplitude's do through
/// `amplitude * wavelet`.
///
/// The derivatives are Propagator::gradient's: of this very scheme, the absorber held fixed, exact but for what an
/// active window leaves out. The backward pass models the gathers once more, so that the graph keeps no wavefields
/// between the two; options.gradient says what it does with them then. It has no second derivatives.
///
/// Throws UsageError for tensors with other shapes or types or not on the CPU, models of another extent than the
/// modelling's grid and for what GradientOptions refuses, and what Propagator throws.
inline torch::Tensor model_gathers(const torch::Tensor& velocity, const survey::Modelling& modelling,
                                   const std::optional<torch::Tensor>& wavelet = {},
                                   const WaveFunctionOptions& options = {}) {
  const survey::Grid& grid = modelling.grid;
  require_tensor(velocity,
                 (velocity.dim() == 3 || (velocity.dim() == 4 && velocity.size(1) == 1)) &&
                     velocity.size(-2) == grid.nz && velocity.size(-1) == grid.nx,
                 fmt::format("velocity [N, {0}, {1}] or [N, 1, {0}, {1}]", grid.nz, grid.nx));
  survey::Modelling with_its_wavelet = modelling;
  if (wavelet) {
    require_tensor(*wavelet, wavelet->dim() == 1 && wavelet->numel() > 0, "a wavelet [time steps]");
    const torch::Tensor samples = wavelet->detach().to(torch::kFloat64).contiguous();
    const double* const first = samples.const_data_ptr<double>();
    with_its_wavelet = survey::with_wavelet(modelling, {first, first + samples.numel()});
  }
  return WaveFunction::apply(velocity, wavelet, c10::make_intrusive<GraphPropagator>(with_its_wavelet, options));
}

}  // namespace strataform::model
