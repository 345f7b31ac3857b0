#include "strataform/refine/misfits/factories.h"
#include "strataform/refine/misfits/residuals.h"

namespace strataform::refine {
namespace {

constexpr double kL1Share = 1e-3;

/// sqrt((d - o)^2 + e^2) - e, e a thousandth of the gather's rms: |d - o| with a derivative.
double l1(std::int64_t /*traces*/, std::span<const float> modelled, std::span<const float> recorded,
          std::span<float> derivative) {
  const double scale = kL1Share * root_mean_square(recorded);
  const double sum = pseudo_huber(scale, modelled, recorded, derivative);
  if (scale <= 0.0) return sum;
  for (float& value : derivative) value = static_cast<float>(value / scale);
  return sum / scale;
}

}  // namespace

Misfit l1_misfit() { return {.name = "l1", .evaluate = l1}; }

}  // namespace strataform::refine
