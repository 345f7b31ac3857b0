#include "strataform/io/half_range.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "strataform/io/half.h"

namespace strataform::io {
namespace {

constexpr std::size_t kAtATime = 4096;
}  // namespace

double half_error(std::span<const float> values) {
  std::array<std::byte, 2 * kAtATime> halves{};
  std::array<float, kAtATime> rounded{};
  double error = 0.0;
  double energy = 0.0;
  while (!values.empty()) {
    const std::span<const float> chunk = values.first(std::min(kAtATime, values.size()));
    const std::span<std::byte> stored = std::span(halves).first(2 * chunk.size());
    floats_to_halves(chunk, stored);
    halves_to_floats(stored, std::span(rounded).first(chunk.size()));
    for (std::size_t index = 0; index < chunk.size(); ++index) {
      const double value = chunk[index];
      const double change = rounded[index] - value;
      error += change * change;
      energy += value * value;
    }
    values = values.subspan(chunk.size());
  }
  if (std::isnan(error)) return std::numeric_limits<double>::infinity();  // infinity less infinity
  return energy > 0.0 ? std::sqrt(error / energy) : 0.0;
}

bool fits_half(std::span<const float> values) { return half_error(values) <= kLargestHalfError; }

}  // namespace strataform::io
