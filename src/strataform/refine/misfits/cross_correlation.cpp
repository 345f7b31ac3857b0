#include <cmath>
#include <vector>

#include "strataform/refine/misfits/factories.h"

namespace strataform::refine {
namespace {

/// Per trace 1 - d.o / (|d| |o|), zero-lag: insensitive to amplitudes.
double cross_correlation(std::int64_t traces, std::span<const float> modelled, std::span<const float> recorded,
                         std::span<float> derivative) {
  const auto count = static_cast<std::size_t>(traces);
  std::vector<double> product(count), modelled_energy(count), recorded_energy(count);
  for (std::size_t i = 0; i < modelled.size(); ++i) {
    const std::size_t trace = i % count;
    product[trace] += static_cast<double>(modelled[i]) * recorded[i];
    modelled_energy[trace] += static_cast<double>(modelled[i]) * modelled[i];
    recorded_energy[trace] += static_cast<double>(recorded[i]) * recorded[i];
  }
  double sum = 0.0;
  std::vector<double> of_recorded(count, 0.0), of_modelled(count, 0.0);
  for (std::size_t trace = 0; trace < count; ++trace) {
    const double norms = std::sqrt(modelled_energy[trace] * recorded_energy[trace]);
    if (norms <= 0.0) continue;  // a dead trace says nothing
    const double correlation = product[trace] / norms;
    sum += 1.0 - correlation;
    of_recorded[trace] = -1.0 / norms;
    of_modelled[trace] = correlation / modelled_energy[trace];
  }
  for (std::size_t i = 0; i < modelled.size(); ++i) {
    const std::size_t trace = i % count;
    derivative[i] = static_cast<float>(of_recorded[trace] * recorded[i] + of_modelled[trace] * modelled[i]);
  }
  return sum;
}

}  // namespace

Misfit cross_correlation_misfit() { return {.name = "cross-correlation", .evaluate = cross_correlation}; }

}  // namespace strataform::refine
