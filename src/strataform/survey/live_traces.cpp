#include "strataform/survey/live_traces.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace strataform::survey {

std::vector<bool> live_traces(std::span<const float> gather, std::int64_t receivers) {
  std::vector<bool> live(static_cast<std::size_t>(receivers), false);
  for (std::size_t index = live.size(); index < gather.size(); ++index) {
    const std::size_t trace = index % live.size();
    if (gather[index] != gather[trace]) live[trace] = true;
  }
  return live;
}

LiveRecord live_record(const Survey& survey, std::span<const float> gathers) {
  LiveRecord record;
  record.survey = {.shots = {}, .samples = survey.samples, .sample_interval = survey.sample_interval};
  std::size_t first = 0;
  for (std::size_t index = 0; index < survey.shots.size(); ++index) {
    const Shot& shot = survey.shots[index];
    const std::size_t size = static_cast<std::size_t>(survey.samples) * shot.receivers.size();
    const std::span<const float> gather = gathers.subspan(first, size);
    first += size;
    const std::vector<bool> live = live_traces(gather, std::ssize(shot.receivers));
    const auto count = std::ranges::count(live, true);
    record.traces += std::ssize(live);
    record.dead += std::ssize(live) - count;
    if (count == 0) continue;
    Shot kept{.source = shot.source, .receivers = {}};
    for (std::size_t trace = 0; trace < live.size(); ++trace) {
      if (live[trace]) kept.receivers.push_back(shot.receivers[trace]);
    }
    for (std::size_t value = 0; value < gather.size(); ++value) {
      if (live[value % live.size()]) record.gathers.push_back(gather[value]);
    }
    record.survey.shots.push_back(std::move(kept));
    record.shots.push_back(static_cast<std::int64_t>(index));
  }
  return record;
}

}  // namespace strataform::survey
