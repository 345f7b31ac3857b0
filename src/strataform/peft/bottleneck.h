#pragma once

#include "strataform/peft/method.h"

namespace strataform::peft {

/// Two 1x1 convolutions over a layer's output, to `width` channels and back; for Linear two matrices:
///   down [width, Cout/g, 1, 1]   up [Cout, width/g, 1, 1]
/// down starts uniform in ± 1 / sqrt(Cout/g), up at zero.
struct OutputBottleneck {
  torch::Tensor down;
  torch::Tensor up;

  /// Throws UsageError as check_rank() does.
  OutputBottleneck(const nn::NamedLayer& named, std::int64_t width, Random& random);
};

}  // namespace strataform::peft
