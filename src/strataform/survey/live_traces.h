#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/survey/modelling.h"

namespace strataform::survey {

/// For every trace of a gather, [samples, receivers], whether its receiver was live: one that was not has recorded the
/// same value, most often zero, all the time.
[[nodiscard]] std::vector<bool> live_traces(std::span<const float> gather, std::int64_t receivers);

/// What the receivers that were live have recorded.
struct LiveRecord {
  Survey survey{};                    ///< shots without any live receiver are not in it
  std::vector<float> gathers{};       ///< of that survey
  std::vector<std::int64_t> shots{};  ///< their places among those that were given
  std::int64_t dead = 0;              ///< traces that are left out
  std::int64_t traces = 0;            ///< of all that were given
};

/// gathers: those of one model, shot after shot, each [samples, its receivers].
[[nodiscard]] LiveRecord live_record(const Survey& survey, std::span<const float> gathers);

}  // namespace strataform::survey
