#pragma once

#include <cstdint>
#include <span>

#include "strataform/core/context.h"
#include "strataform/wave/engine/shot_part.h"

namespace strataform::wave {

/// A shot to model, and where its gather [samples, receivers] goes.
template <class Real>
struct BandedShot {
  PartOfModel<Real> part;
  std::span<Real> gather;
};

/// Models all shots side by side, each with up to `threads_each` threads, which share its rows and exchange those at
/// the bands' edges in front of every sweep. The gathers have the same bits as ShotRun::forward()'s. Throws
/// NumericalError where one is not finite, InterruptedError when the context asks to stop before they begin.
template <class Real>
void forward_in_bands(const Setup& setup, std::span<const BandedShot<Real>> shots, std::int64_t threads_each,
                      const Context& context);

}  // namespace strataform::wave
