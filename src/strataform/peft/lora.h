#pragma once

#include "strataform/peft/method.h"

namespace strataform::peft {

/// Low-rank adaptation (Hu et al., 2022): y = W x + s · B (A x), ΔW = s · B A, s = alpha / rank.
///
/// A has the layer's own geometry (stride, padding, groups) and rank channels; B mixes them by a 1x1 convolution:
///   Conv2d           A [r, Cin/g, kh, kw]   B [Cout, r/g, 1, 1]
///   ConvTranspose2d  A [Cin, r/g, kh, kw]   B [Cout, r/g, 1, 1]
///   Linear           A [r, in]              B [out, r]
/// With g groups ΔW stays block-diagonal, so g must divide the rank. A starts uniform in ± 1 / sqrt(n), n the inputs
/// of one output (Kaiming-uniform with a = sqrt 5); B starts at zero.
[[nodiscard]] Method lora_method();

/// The factor s. Throws UsageError unless rank is at least 1 and alpha finite and positive.
[[nodiscard]] double lora_scale(const AdapterOptions& options);
[[nodiscard]] double lora_alpha(const AdapterOptions& options);

}  // namespace strataform::peft
