#pragma once

#include <algorithm>
#include <cstdint>

#include "strataform/wave/padded_grid.h"

namespace strataform::wave {

/// Arrays of the grid that an exact gradient keeps of the forward wave: a state, of `state_arrays`, in front of every
/// segment but the first and the last, and L p of the steps of one segment.
inline std::int64_t kept_arrays(std::int64_t samples, std::int64_t segment, std::int64_t state_arrays) {
  return state_arrays * std::max<std::int64_t>(0, (samples - 1) / segment - 1) + std::min(segment, samples);
}

/// All steps in one segment, of whole sweeps.
inline std::int64_t whole_segment(std::int64_t samples) {
  return (samples + kStepsPerSweep - 1) / kStepsPerSweep * kStepsPerSweep;
}

/// The segment for which they are the fewest.
inline std::int64_t least_segment(std::int64_t samples, std::int64_t state_arrays) {
  std::int64_t best = whole_segment(samples);
  for (std::int64_t segment = kStepsPerSweep; segment < samples; segment += kStepsPerSweep) {
    if (kept_arrays(samples, segment, state_arrays) < kept_arrays(samples, best, state_arrays)) best = segment;
  }
  return best;
}

}  // namespace strataform::wave
