#pragma once

#include <cstdint>
#include <span>

namespace strataform::refine {

/// A Butterworth low-pass of eighth order, causal and in place, on traces that lie side by side: values [samples,
/// traces]. At `cutoff` (Hz, below half the sampling frequency) amplitudes fall to 71 %. As it is linear and does not
/// depend on time, filtering the source wavelet filters the modelled gathers in the same way.
template <class Real>
void low_pass(double cutoff, double time_step, std::int64_t traces, std::span<Real> values);

}  // namespace strataform::refine
