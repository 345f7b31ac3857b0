#include "strataform/refine/misfit.h"

#include <algorithm>
#include <cmath>

#include "strataform/core/choice.h"
#include "strataform/refine/envelope.h"

namespace strataform::refine {
namespace {

constexpr Choice<MisfitKind> kMisfits[] = {{"l2", MisfitKind::kL2},
                                           {"l1", MisfitKind::kL1},
                                           {"huber", MisfitKind::kHuber},
                                           {"cross-correlation", MisfitKind::kCrossCorrelation},
                                           {"envelope", MisfitKind::kEnvelope}};

constexpr double kL1Share = 1e-3;
constexpr double kHuberShare = 0.2;
constexpr double kEnvelopeShare = 1e-2;

double root_mean_square(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(1, values.size())));
}

double squares(std::span<const float> modelled, std::span<const float> recorded, std::span<float> derivative) {
  double sum = 0.0;
  for (std::size_t i = 0; i < modelled.size(); ++i) {
    derivative[i] = modelled[i] - recorded[i];
    sum += 0.5 * static_cast<double>(derivative[i]) * derivative[i];
  }
  return sum;
}

/// e^2 (sqrt(1 + (r / e)^2) - 1): r^2 / 2 for small and e |r| for large residuals r.
double pseudo_huber(double scale, std::span<const float> modelled, std::span<const float> recorded,
                    std::span<float> derivative) {
  if (scale <= 0.0) return squares(modelled, recorded, derivative);
  double sum = 0.0;
  for (std::size_t i = 0; i < modelled.size(); ++i) {
    const double residual = static_cast<double>(modelled[i]) - recorded[i];
    const double root = std::sqrt(1.0 + residual * residual / (scale * scale));
    derivative[i] = static_cast<float>(residual / root);
    sum += scale * scale * (root - 1.0);
  }
  return sum;
}

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

MisfitKind misfit_from_name(const std::string& name) { return choose(kMisfits, "misfit", name); }
std::vector<std::string> misfit_names() { return names_of(kMisfits); }
const char* name_of(MisfitKind kind) { return name_of(kMisfits, kind); }

double misfit(MisfitKind kind, std::int64_t traces, std::span<const float> modelled, std::span<const float> recorded,
              std::span<float> derivative) {
  switch (kind) {
    case MisfitKind::kL2: return squares(modelled, recorded, derivative);
    case MisfitKind::kL1: {
      const double scale = kL1Share * root_mean_square(recorded);
      const double sum = pseudo_huber(scale, modelled, recorded, derivative);
      if (scale <= 0.0) return sum;
      for (float& value : derivative) value = static_cast<float>(value / scale);
      return sum / scale;
    }
    case MisfitKind::kHuber:
      return pseudo_huber(kHuberShare * root_mean_square(recorded), modelled, recorded, derivative);
    case MisfitKind::kCrossCorrelation: return cross_correlation(traces, modelled, recorded, derivative);
    case MisfitKind::kEnvelope: {
      const double floor = kEnvelopeShare * root_mean_square(recorded);
      if (floor <= 0.0) return squares(modelled, recorded, derivative);
      return envelope_misfit(traces, floor, modelled, recorded, derivative);
    }
  }
  return 0.0;
}

}  // namespace strataform::refine
