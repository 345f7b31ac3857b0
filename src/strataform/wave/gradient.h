#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace strataform::wave {

/// How a gradient keeps the forward wave, which its adjoint meets again backwards in time.
enum class WavefieldStorage {
  kCheckpoints,   ///< states at intervals, between which steps are computed once more: exact
  kEverything,    ///< L p of every step, in much more memory: exact
  kEveryNthStep,  ///< L p of every n-th step, which stands for its neighbours: an approximation
  kBoundary,      ///< the wave around the model, from which it is run backwards: exact but for rounding, in the model
                  ///< without its outermost cells, whose derivatives and those of the padding are left at zero
};

/// An accelerator knows the exact ways alone. There kCheckpoints keeps everything where the memory allows that without
/// leaving the accelerator idle, and memory_bytes is what its runs together may take; 0: most of what is free.
struct GradientOptions {
  WavefieldStorage storage = WavefieldStorage::kCheckpoints;
  std::int64_t every = 4;         ///< n of kEveryNthStep
  std::int64_t memory_bytes = 0;  ///< that all threads together may take for it; 0: as much as they need
};

/// The misfit of one gather [samples, receivers] and, in `derivative`, its derivative with respect to every sample.
/// Called from several threads at once.
template <class Real>
using Misfit = std::function<double(std::int64_t model, std::int64_t shot, std::span<const Real> gather,
                                    std::span<Real> derivative)>;

struct Gradient {
  std::vector<double> misfits;   ///< [count, sources]
  std::vector<double> velocity;  ///< [count, nz, nx], summed over the shots, per m/s
  std::vector<double> wavelet;   ///< [count, sources, samples of the wavelet]
  std::int64_t peak_bytes = 0;   ///< of the wavefields, over all threads
};

}  // namespace strataform::wave
