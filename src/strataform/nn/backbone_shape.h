#pragma once

#include <cstdint>

namespace strataform::nn {

/// What a backbone reads and makes, for one sample.
struct BackboneShape {
  std::int64_t shots = 0;
  std::int64_t samples = 0;
  std::int64_t receivers = 0;
  std::int64_t nz = 0;
  std::int64_t nx = 0;
};

}  // namespace strataform::nn
