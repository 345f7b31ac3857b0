#pragma once

#include "strataform/peft/method.h"

namespace strataform::peft {

/// The two factors of a low-rank update, B (A x) with rank channels in between. A has the layer's own geometry
/// (stride, padding, groups), B mixes channels by a 1x1 convolution:
///   Conv2d           A [r, Cin/g, kh, kw]   B [Cout, r/g, 1, 1]
///   ConvTranspose2d  A [Cin, r/g, kh, kw]   B [Cout, r/g, 1, 1]
///   Linear           A [r, in]              B [out, r]
/// With g groups the update stays block-diagonal, so g must divide the rank. A starts uniform in ± 1 / sqrt(n), n the
/// inputs of one output (Kaiming-uniform with a = sqrt 5); B starts at zero.
struct LowRankFactors {
  torch::Tensor a;
  torch::Tensor b;

  /// Throws UsageError as check_rank() does.
  LowRankFactors(const nn::NamedLayer& named, std::int64_t rank, Random& random);

  /// (W + scale · B A) x + b. As one operation of autograd: its backward pass has one product with the layer's whole
  /// geometry where W and the update apart would have two, and keeps nothing but x and A x.
  [[nodiscard]] torch::Tensor updated_forward(const nn::AdaptableLayer& layer, const torch::Tensor& x,
                                              double scale) const;
  /// The update as one weight of the layer's shape, so that operate(x, product()) is B (A x).
  [[nodiscard]] torch::Tensor product(const nn::AdaptableLayer& layer) const;
};

/// What LoRA and DoRA can be told beside rank and alpha.
struct LowRankOptions {
  bool rank_stabilised = false;  ///< scale by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski, 2023)
};

/// alpha / rank, or alpha / sqrt(rank) with rank stabilisation. Throws UsageError as alpha_of() does.
[[nodiscard]] double scale_of(const AdapterOptions& options);

/// What LoRA and DoRA have in common, in Hugging Face PEFT's file too.
[[nodiscard]] Method low_rank_method();

}  // namespace strataform::peft
