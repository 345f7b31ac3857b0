#pragma once

#include <cstddef>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/survey/modelling.h"
#include "strataform/wave/propagator.h"

namespace strataform::test {

/// Of the gathers of a survey whose shots all have as many receivers.
inline data::GatherShape shape_of(const survey::Survey& survey) {
  return {std::ssize(survey.shots), survey.samples, survey::common_receivers(survey).value()};
}

/// The gathers over one map.
inline std::vector<float> gathers_of(const survey::Modelling& modelling, const std::vector<float>& map) {
  const wave::Propagator propagator(modelling);
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(map, 1, gathers);
  return gathers;
}

}  // namespace strataform::test
