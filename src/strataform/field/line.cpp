#include "strataform/field/line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "strataform/core/error.h"

namespace strataform::field {
namespace {

double smallest_delay(const std::vector<ScannedShot>& shots) {
  double delay = std::numeric_limits<double>::infinity();
  for (const ScannedShot& shot : shots) {
    for (const LiveTrace& live : shot.traces) delay = std::min(delay, static_cast<double>(live.delay));
  }
  return delay;
}

}  // namespace

std::string describe(const HeaderFinding& finding, const TraceFile& file) {
  return fmt::format("{}: {}", finding.first_trace < 0 ? file.name() : file.name_of(finding.first_trace), finding.text);
}

Line::Line(const std::filesystem::path& path, const ReadOptions& options, const Context& context)
    : file_(open_trace_file(path, options)), lenient_(options.lenient) {
  LineScan scan = scan_line(*file_, options, context);
  counts_ = scan.counts;
  findings_ = std::move(scan.findings);
  require_usable(options.lenient);
  projection_ = fit_projection(scan.shots);
  survey_.samples = file_->samples();
  survey_.sample_interval = file_->sample_interval();
  first_time_ = smallest_delay(scan.shots);
  std::ranges::sort(scan.shots, {}, [&](const ScannedShot& shot) {
    return std::tuple(projection_.project(shot.source).x, shot.record, shot.source.y);
  });
  for (ScannedShot& shot : scan.shots) add_shot(std::move(shot));
}

void Line::require_usable(bool lenient) const {
  for (const HeaderFinding& finding : findings_) {
    // What the file as a whole lacks cannot be left out.
    if (finding.is_error && (!lenient || finding.first_trace < 0)) throw InputError(describe(finding, *file_));
  }
}

void Line::add_shot(ScannedShot shot) {
  std::ranges::sort(shot.traces, {},
                    [&](const LiveTrace& live) { return std::pair(projection_.project(live.receiver).x, live.trace); });
  survey::Shot placed{.source = projection_.project(shot.source), .receivers = {}};
  Places places{.record = shot.record, .traces = {}, .shifts = {}};
  for (const LiveTrace& live : shot.traces) {
    placed.receivers.push_back(projection_.project(live.receiver));
    places.traces.push_back(live.trace);
    places.shifts.push_back(std::llround((static_cast<double>(live.delay) - first_time_) / survey_.sample_interval));
  }
  survey_.shots.push_back(std::move(placed));
  places_.push_back(std::move(places));
}

void Line::read_shot(std::int64_t shot, std::span<float> out) const {
  const Places& places = places_[static_cast<std::size_t>(shot)];
  const std::size_t receivers = places.traces.size();
  const std::int64_t samples = survey_.samples;
  std::vector<float> trace(static_cast<std::size_t>(samples));
  for (std::size_t receiver = 0; receiver < receivers; ++receiver) {
    file_->read_trace(places.traces[receiver], trace);
    const auto bad = std::ranges::find_if_not(trace, [](float value) { return std::isfinite(value); });
    if (bad != trace.end()) {
      if (!lenient_) {
        throw InputError(fmt::format("{}: time sample {} is {}", file_->name_of(places.traces[receiver]),
                                     bad - trace.begin(), *bad));
      }
      std::ranges::fill(trace, 0.0F);
    }
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      const std::int64_t from = sample - places.shifts[receiver];
      out[static_cast<std::size_t>(sample) * receivers + receiver] =
          from < 0 ? 0.0F : trace[static_cast<std::size_t>(from)];
    }
  }
}

}  // namespace strataform::field
