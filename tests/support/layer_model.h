#pragma once

#include <cstdint>
#include <vector>

namespace strataform::test {

/// Velocities [nz, nx] that grow with depth and, from row 8 to last_row, by a jump in m/s: what a refinement that
/// starts without the jump is to find.
inline std::vector<float> layer_model(std::int64_t nz, std::int64_t nx, float jump, std::int64_t last_row = 12) {
  std::vector<float> velocity;
  for (std::int64_t row = 0; row < nz; ++row) {
    const float background = 1900.0F + 10.0F * static_cast<float>(row);
    velocity.insert(velocity.end(), static_cast<std::size_t>(nx),
                    row < 8 || row > last_row ? background : background + jump);
  }
  return velocity;
}

}  // namespace strataform::test
