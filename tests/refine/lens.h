#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace strataform::refine {

/// What is to be found: a round place that is faster by so many m/s, or slower, in a model [nz, nx].
struct Lens {
  double row, column;  ///< of its centre
  double width;        ///< cells^2, of exp(-distance^2 / width)
  float faster;        ///< m/s in its centre
};

inline std::vector<float> with_lens(std::vector<float> velocity, std::int64_t nx, const Lens& lens) {
  for (std::size_t cell = 0; cell < velocity.size(); ++cell) {
    const std::lldiv_t place = std::lldiv(static_cast<std::int64_t>(cell), nx);
    const double distance =
        std::hypot(static_cast<double>(place.quot) - lens.row, static_cast<double>(place.rem) - lens.column);
    velocity[cell] += lens.faster * static_cast<float>(std::exp(-distance * distance / lens.width));
  }
  return velocity;
}

}  // namespace strataform::refine
