#include "strataform/refine/misfits/factories.h"
#include "strataform/refine/misfits/residuals.h"

namespace strataform::refine {
namespace {

double l2(std::int64_t /*traces*/, std::span<const float> modelled, std::span<const float> recorded,
          std::span<float> derivative) {
  return half_squares(modelled, recorded, derivative);
}

}  // namespace

Misfit l2_misfit() { return {.name = "l2", .is_least_squares = true, .evaluate = l2}; }

}  // namespace strataform::refine
