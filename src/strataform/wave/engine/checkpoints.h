#pragma once

#include <algorithm>
#include <cstdint>

#include "strataform/wave/engine/padded_grid.h"

namespace strataform::wave {

/// Arrays of the grid that an exact gradient keeps of the forward wave: a state, of `state_arrays`, in front of every
/// segment but the first and the last, and L p of the steps of one segment.
inline std::int64_t kept_arrays(std::int64_t steps, std::int64_t segment, std::int64_t state_arrays) {
  return state_arrays * std::max<std::int64_t>(0, (steps - 1) / segment - 1) + std::min(segment, steps);
}

/// All steps in one segment, of whole sweeps.
inline std::int64_t whole_segment(std::int64_t steps) {
  return (steps + kStepsPerSweep - 1) / kStepsPerSweep * kStepsPerSweep;
}

/// The segment for which they are the fewest.
inline std::int64_t least_segment(std::int64_t steps, std::int64_t state_arrays) {
  std::int64_t best = whole_segment(steps);
  for (std::int64_t segment = kStepsPerSweep; segment < steps; segment += kStepsPerSweep) {
    if (kept_arrays(steps, segment, state_arrays) < kept_arrays(steps, best, state_arrays)) best = segment;
  }
  return best;
}

/// The way of an exact gradient through segments of so many steps: forwards through all of them, the states in front of
/// them kept, and backwards, each segment's forward wave computed once more where its L p were not kept. A `run` does
///
///   run.save(k), run.restore(k)         keeps the state of the forward wave as checkpoint k, or takes it up again
///   run.clear()                         the state in front of the first step
///   run.forward(steps, records, keeps)  steps of the forward wave: into the gather, and L p of each of them kept
///   run.meet()                          turns the gather into the derivatives of its misfit
///   run.adjoint(steps)                  steps of the adjoint, the last one first, with the L p that were kept
template <class Run>
void run_with_checkpoints(std::int64_t steps, std::int64_t segment, Run&& run) {
  const std::int64_t last = (steps - 1) / segment;
  const auto steps_of = [&](std::int64_t k) { return Interval{k * segment, std::min(steps, (k + 1) * segment)}; };
  for (std::int64_t k = 0; k <= last; ++k) {
    if (k > 0 && k < last) run.save(k - 1);
    // The last segment is the first that the adjoint needs: it is not computed again.
    run.forward(steps_of(k), /*records=*/true, /*keeps=*/k == last);
  }
  run.meet();
  for (std::int64_t k = last; k >= 0; --k) {
    if (k < last) {
      if (k == 0) {
        run.clear();
      } else {
        run.restore(k - 1);
      }
      run.forward(steps_of(k), /*records=*/false, /*keeps=*/true);
    }
    run.adjoint(steps_of(k));
  }
}

}  // namespace strataform::wave
