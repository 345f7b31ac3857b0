#pragma once

#include <cstdint>

namespace strataform::nn {

/// What a backbone reads and makes, for one sample.
struct BackboneShape {
  std::int64_t shots = 5;
  std::int64_t samples = 1000;
  std::int64_t receivers = 70;
  std::int64_t nz = 70;
  std::int64_t nx = 70;
};

}  // namespace strataform::nn
