#pragma once

#include <cstdint>
#include <span>

namespace strataform::refine {

/// 1/2 sum (E(d) - E(o))^2 over a gather [samples, traces] and its derivative by the modelled samples d. The envelope
/// E = sqrt(d^2 + H(d)^2 + floor^2), H being the Hilbert transform in time (Wu, Luo and Wu, 2014), changes slowly where
/// waves oscillate, so that a model half a period off still finds its way; floor, above 0, keeps it smooth at zero.
double envelope_misfit(std::int64_t traces, double floor, std::span<const float> modelled,
                       std::span<const float> recorded, std::span<float> derivative);

}  // namespace strataform::refine
