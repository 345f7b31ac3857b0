#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace strataform::refine {

/// How far a modelled gather d is from the recorded one, o. All are sums over traces and time.
enum class MisfitKind {
  kL2,                ///< 1/2 (d - o)^2
  kL1,                ///< sqrt((d - o)^2 + e^2) - e, e a thousandth of the gather's rms: |d - o| with a derivative
  kHuber,             ///< e^2 (sqrt(1 + ((d - o) / e)^2) - 1), e a fifth of the gather's rms: l2 for small differences
  kCrossCorrelation,  ///< per trace 1 - d.o / (|d| |o|), zero-lag: insensitive to amplitudes
  kEnvelope,          ///< 1/2 (E(d) - E(o))^2, E the envelope: from further off, in less detail (envelope.h)
};

/// "l2", "l1", "huber", "cross-correlation", "envelope". Throws UsageError for another name.
MisfitKind misfit_from_name(const std::string& name);
std::vector<std::string> misfit_names();
const char* name_of(MisfitKind kind);

/// The misfit of one gather, [samples, traces], and its derivative with respect to every modelled sample.
double misfit(MisfitKind kind, std::int64_t traces, std::span<const float> modelled, std::span<const float> recorded,
              std::span<float> derivative);

}  // namespace strataform::refine
