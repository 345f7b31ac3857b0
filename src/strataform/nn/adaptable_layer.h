#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "strataform/core/random.h"

namespace strataform::nn {

enum class LayerKind { kConv2d, kConvTranspose2d, kLinear };

/// "Conv2d", "ConvTranspose2d" or "Linear".
[[nodiscard]] std::string_view name_of(LayerKind kind);

class AdaptableLayer;

/// What a parameter-efficient method puts in place of one layer's own computation. A method that changes the weight
/// calls layer.operate() with another weight; one that acts on activations calls layer.base_forward() and works on
/// its input or output.
class LayerAdapter {
 public:
  LayerAdapter() = default;
  virtual ~LayerAdapter() = default;
  LayerAdapter(const LayerAdapter&) = delete;
  LayerAdapter& operator=(const LayerAdapter&) = delete;
  LayerAdapter(LayerAdapter&&) = delete;
  LayerAdapter& operator=(LayerAdapter&&) = delete;

  /// The adapted layer's output, of the same shape as layer.base_forward(x).
  [[nodiscard]] virtual torch::Tensor forward(const AdaptableLayer& layer, const torch::Tensor& x) const = 0;
};

/// Gradients of a scalar with respect to the input and the weight of an operation; undefined where not wanted.
struct LayerGradients {
  torch::Tensor x;
  torch::Tensor weight;
};
struct Wanted {
  bool x = true;
  bool weight = true;
};

/// A linear map with a weight, which methods of parameter-efficient tuning can adapt without touching the weight.
/// Backbones are built from these layers, because replacing a layer of LibTorch in a finished module does not
/// change what the module's forward() calls.
///
/// Weights are zero after construction: Backbone::reset_parameters() or a model file fills them.
class AdaptableLayer : public torch::nn::Module {
 public:
  [[nodiscard]] LayerKind kind() const { return kind_; }
  [[nodiscard]] std::int64_t groups() const { return groups_; }
  [[nodiscard]] std::int64_t out_channels() const;
  /// Input values that one output value is computed from. For a transposed convolution this depends on the place;
  /// it is the average, Cin / groups · kh · kw / (sh · sw), at least 1.
  [[nodiscard]] std::int64_t inputs_per_output() const;

  /// operate(x, weight, bias), or what the adapter makes of it.
  torch::Tensor forward(const torch::Tensor& x);
  /// The layer as if it had no adapter.
  [[nodiscard]] torch::Tensor base_forward(const torch::Tensor& x) const { return operate(x, weight, bias); }
  /// The layer's operation (its stride, padding, dilation and groups) with other weights. bias may be undefined.
  /// Frozen weights cost no memory: x is kept for a backward pass only where a gradient needs it.
  [[nodiscard]] virtual torch::Tensor operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                                              const torch::Tensor& other_bias) const = 0;
  /// From the gradient with respect to operate(x, other_weight, bias), in the gradient's type.
  [[nodiscard]] virtual LayerGradients operate_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                                         const torch::Tensor& other_weight, Wanted wanted) const = 0;
  /// Mixes the channels of the layer's output space: a grouped 1x1 convolution with pointwise
  /// [Cout, channels / groups, 1, 1], or for Linear a product with [out, channels].
  [[nodiscard]] virtual torch::Tensor mix_channels(const torch::Tensor& x, const torch::Tensor& pointwise) const;

  /// From the gradient with respect to mix_channels(x, pointwise), in the gradient's type.
  [[nodiscard]] virtual LayerGradients mix_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                                     const torch::Tensor& pointwise) const;

  /// A weight of this layer's shape with one row for each output channel, [Cout, inputs of one output], and back.
  [[nodiscard]] torch::Tensor to_rows(const torch::Tensor& other_weight) const;
  [[nodiscard]] torch::Tensor from_rows(const torch::Tensor& rows) const;
  /// A weight of this layer's shape with every output channel's entries multiplied by its factor, [Cout].
  [[nodiscard]] torch::Tensor scale_channels(const torch::Tensor& other_weight, const torch::Tensor& factors) const;
  /// Values [Cout] in a shape that is broadcast over the layer's output.
  [[nodiscard]] torch::Tensor over_output(const torch::Tensor& values) const;

  /// Uniform in ± 1 / sqrt(n), n = weight[0].numel(), for weight and bias, as PyTorch does by default
  /// (Kaiming-uniform with a = sqrt 5; He et al., 2015).
  void reset_parameters(Random& random);

  /// Null where the layer computes its own operation alone.
  [[nodiscard]] const std::shared_ptr<LayerAdapter>& adapter() const { return adapter_; }
  void set_adapter(std::shared_ptr<LayerAdapter> adapter) { adapter_ = std::move(adapter); }

  torch::Tensor weight;  ///< Conv2d [Cout, Cin/g, kh, kw], ConvTranspose2d [Cin, Cout/g, kh, kw], Linear [out, in]
  torch::Tensor bias;    ///< [Cout], or undefined

 protected:
  AdaptableLayer(LayerKind kind, at::IntArrayRef weight_shape, std::int64_t groups, std::int64_t strides,
                 bool has_bias);

 private:
  LayerKind kind_;
  std::int64_t groups_;
  std::int64_t strides_;
  std::shared_ptr<LayerAdapter> adapter_;
};

/// Fills a tensor with values uniform in ± bound, in order, the same on every device and platform.
void fill_uniform(torch::Tensor tensor, double bound, Random& random);

/// Pairs are (vertical, horizontal): time or depth first, then receivers or distance.
struct ConvOptions {
  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::array<std::int64_t, 2> kernel{3, 3};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> padding{0, 0};
  std::array<std::int64_t, 2> dilation{1, 1};
  std::int64_t groups = 1;
  bool bias = true;
};

class Conv2d : public AdaptableLayer {
 public:
  explicit Conv2d(const ConvOptions& options);
  [[nodiscard]] torch::Tensor operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                                      const torch::Tensor& other_bias) const override;
  [[nodiscard]] LayerGradients operate_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                                 const torch::Tensor& other_weight, Wanted wanted) const override;

 private:
  ConvOptions options_;
};

class ConvTranspose2d : public AdaptableLayer {
 public:
  explicit ConvTranspose2d(const ConvOptions& options);
  [[nodiscard]] torch::Tensor operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                                      const torch::Tensor& other_bias) const override;
  [[nodiscard]] LayerGradients operate_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                                 const torch::Tensor& other_weight, Wanted wanted) const override;

 private:
  ConvOptions options_;
};

class Linear : public AdaptableLayer {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, bool has_bias = true);
  [[nodiscard]] torch::Tensor operate(const torch::Tensor& x, const torch::Tensor& other_weight,
                                      const torch::Tensor& other_bias) const override;
  [[nodiscard]] LayerGradients operate_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                                 const torch::Tensor& other_weight, Wanted wanted) const override;
  [[nodiscard]] torch::Tensor mix_channels(const torch::Tensor& x, const torch::Tensor& pointwise) const override;
  [[nodiscard]] LayerGradients mix_gradients(const torch::Tensor& gradient, const torch::Tensor& x,
                                             const torch::Tensor& pointwise) const override;
};

}  // namespace strataform::nn
