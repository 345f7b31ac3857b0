#include "strataform/survey/modelling.h"

#include <algorithm>
#include <utility>

namespace strataform::survey {

const char* description_of(Absorber absorber) {
#define STRATAFORM_ABSORBER(kind, name, help, factory) {help, Absorber::kind},
  static constexpr Choice<Absorber> kDescriptions[] = {
#include "strataform/survey/absorbers.def"
  };
#undef STRATAFORM_ABSORBER
  return strataform::name_of(kDescriptions, absorber);
}

Modelling with_wavelet(Modelling modelling, std::vector<double> wavelet) {
  modelling.source.wavelet = std::move(wavelet);
  modelling.source.time_step = modelling.scheme.time_step;
  modelling.source.amplitude = 1.0;
  modelling.source.delay = 0.0;
  return modelling;
}

std::optional<std::int64_t> common_receivers(const Survey& survey) {
  if (survey.shots.empty()) return std::nullopt;
  const auto receivers = survey.shots.front().receivers.size();
  const auto has_as_many = [&](const Shot& shot) { return shot.receivers.size() == receivers; };
  if (!std::ranges::all_of(survey.shots, has_as_many)) return std::nullopt;
  return static_cast<std::int64_t>(receivers);
}

bool has_common_receivers(const Survey& survey) {
  return std::ranges::all_of(survey.shots,
                             [&](const Shot& shot) { return shot.receivers == survey.shots.front().receivers; });
}

std::int64_t gather_size(const Survey& survey) {
  std::int64_t traces = 0;
  for (const Shot& shot : survey.shots) traces += std::ssize(shot.receivers);
  return traces * survey.samples;
}

std::vector<std::int64_t> spread_between_ends(std::int64_t size, std::int64_t count) {
  if (count == 1) return {size / 2};
  std::vector<std::int64_t> places;
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t doubled = 2 * k * (size - 1);
    const std::int64_t below = doubled / (2 * (count - 1));
    const std::int64_t rest = doubled % (2 * (count - 1));
    const bool up = rest > count - 1 || (rest == count - 1 && below % 2 == 1);
    places.push_back(below + (up ? 1 : 0));
  }
  return places;
}

}  // namespace strataform::survey
