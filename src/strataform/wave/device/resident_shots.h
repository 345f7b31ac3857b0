#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "strataform/wave/accelerator.h"
#include "strataform/wave/engine/setup.h"

namespace strataform::wave {

/// Models shots over `count` models, [count, nz, nx], to gathers [count, shots, samples, receivers] with the waves kept
/// in the accelerator's processors, Accelerator::run_resident(): several times as fast as one kernel for each step.
/// That fits OpenFWI's survey and its like, in single precision: a sponge, fourth order, no free surface, sources and
/// receivers on cells, the same receivers for all shots, in one row, every time step recorded, 289 to 312 rows and at
/// most 320 columns, absorbing ones included. Returns false, having done nothing, for others and where the accelerator
/// has no such processors. Throws as Medium::set() does.
bool forward_resident(const Setup& setup, Accelerator& accelerator, std::span<const float> velocity, std::int64_t count,
                      std::span<float> gathers);

}  // namespace strataform::wave
