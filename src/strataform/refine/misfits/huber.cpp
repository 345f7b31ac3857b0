#include "strataform/refine/misfits/factories.h"
#include "strataform/refine/misfits/residuals.h"

namespace strataform::refine {
namespace {

constexpr double kHuberShare = 0.2;

/// e^2 (sqrt(1 + ((d - o) / e)^2) - 1), e a fifth of the gather's rms: l2 for small differences.
double huber(std::int64_t /*traces*/, std::span<const float> modelled, std::span<const float> recorded,
             std::span<float> derivative) {
  return pseudo_huber(kHuberShare * root_mean_square(recorded), modelled, recorded, derivative);
}

}  // namespace

Misfit huber_misfit() { return {.name = "huber", .evaluate = huber}; }

}  // namespace strataform::refine
