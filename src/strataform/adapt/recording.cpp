#include "strataform/adapt/recording.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"

namespace strataform::adapt {
namespace {

/// The shots whose numbers are listed, or those that are not.
survey::LiveRecord part_of(const survey::LiveRecord& live, const std::vector<std::int64_t>& listed, bool in_list) {
  survey::LiveRecord part;
  part.dead = live.dead;
  part.traces = live.traces;
  part.survey = {.shots = {}, .samples = live.survey.samples, .sample_interval = live.survey.sample_interval};
  auto first = live.gathers.begin();
  for (std::size_t k = 0; k < live.shots.size(); ++k) {
    const survey::Shot& shot = live.survey.shots[k];
    const auto end = first + std::ssize(shot.receivers) * live.survey.samples;
    if ((std::ranges::find(listed, live.shots[k]) != listed.end()) == in_list) {
      part.survey.shots.push_back(shot);
      part.shots.push_back(live.shots[k]);
      part.gathers.insert(part.gathers.end(), first, end);
    }
    first = end;
  }
  return part;
}

}  // namespace

std::vector<std::int64_t> left_out_shots(std::int64_t shots, std::int64_t count, std::int64_t index) {
  std::vector<std::int64_t> chosen;
  // From the middle on: a line's first and last shot see what no other does.
  for (std::int64_t k = 0; k < count; ++k) chosen.push_back((shots / 2 + index + k * shots / count) % shots);
  std::ranges::sort(chosen);
  return chosen;
}

Recording read_recording(const data::GatherSource& source, std::int64_t index, const survey::Survey& survey,
                         std::int64_t validation_shots) {
  std::vector<float> gathers(static_cast<std::size_t>(source.gather_shape().size()));
  source.read_gathers(index, gathers);
  survey::LiveRecord live = survey::live_record(survey, gathers);
  Recording recording;
  if (validation_shots == 0) {
    recording.fitted = std::move(live);
  } else {
    const std::vector<std::int64_t> left_out = left_out_shots(std::ssize(survey.shots), validation_shots, index);
    recording.fitted = part_of(live, left_out, /*in_list=*/false);
    recording.left_out = part_of(live, left_out, /*in_list=*/true);
  }
  if (!recording.fitted.shots.empty()) return recording;
  throw InputError(
      fmt::format("{}: expected live traces in the shots to fit, found none in gather {}", source.name(), index));
}

}  // namespace strataform::adapt
