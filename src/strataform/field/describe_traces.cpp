#include "strataform/field/describe_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace strataform::field {
namespace {

/// The lower one of two; 0 of none.
double lower_median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + (std::ssize(values) - 1) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

double median_step(std::vector<double> places) {
  std::ranges::sort(places);
  std::vector<double> steps;
  constexpr double kSamePlace = 1e-3;
  for (std::size_t k = 1; k < places.size(); ++k) {
    if (places[k] - places[k - 1] > kSamePlace) steps.push_back(places[k] - places[k - 1]);
  }
  return lower_median(std::move(steps));
}

std::int64_t largest_fold_of(const std::vector<ScannedShot>& shots, const Projection& line, double bin) {
  std::unordered_map<std::int64_t, std::int64_t> fold;
  std::int64_t largest = 0;
  if (!(bin > 0.0)) return 0;
  for (const ScannedShot& shot : shots) {
    const double source = line.project(shot.source).x;
    for (const LiveTrace& live : shot.traces) {
      const double midpoint = 0.5 * (source + line.project(live.receiver).x);
      largest = std::max(largest, ++fold[std::llround(midpoint / bin)]);
    }
  }
  return largest;
}

void report_geometry(const std::vector<ScannedShot>& shots, TraceReport& report) {
  std::vector<double> sources, receivers, receiver_steps, depths, delays;
  for (const ScannedShot& shot : shots) {
    sources.push_back(report.projection.project(shot.source).x);
    depths.push_back(shot.source.z);
    std::vector<double> spread;
    for (const LiveTrace& live : shot.traces) {
      spread.push_back(report.projection.project(live.receiver).x);
      depths.push_back(live.receiver.z);
      delays.push_back(static_cast<double>(live.delay));
    }
    receivers.insert(receivers.end(), spread.begin(), spread.end());
    if (const double step = median_step(std::move(spread)); step > 0.0) receiver_steps.push_back(step);
  }
  const auto range_of = [](const std::vector<double>& values, double& low, double& high) {
    const auto [smallest, largest] = std::ranges::minmax(values);
    low = smallest;
    high = largest;
  };
  range_of(sources, report.first_source, report.last_source);
  range_of(receivers, report.first_receiver, report.last_receiver);
  range_of(depths, report.smallest_depth, report.largest_depth);
  range_of(delays, report.smallest_delay, report.largest_delay);
  report.shot_spacing = median_step(std::move(sources));
  report.receiver_spacing = lower_median(std::move(receiver_steps));
  const auto count = [](const ScannedShot& shot) { return std::ssize(shot.traces); };
  report.fewest_receivers = count(*std::ranges::min_element(shots, {}, count));
  report.most_receivers = count(*std::ranges::max_element(shots, {}, count));
  report.largest_fold = largest_fold_of(shots, report.projection, 0.5 * report.receiver_spacing);
}

std::string spacing_text(double spacing) {
  return spacing > 0.0 ? fmt::format(", {:g} m apart", spacing) : std::string{};
}

std::string describe_geometry(const TraceReport& report) {
  std::string text;
  text += fmt::format("shots          {} from {:g} to {:g} m{}\n", report.shots, report.first_source,
                      report.last_source, spacing_text(report.shot_spacing));
  text += fmt::format("receivers      {} from {:g} to {:g} m{}\n",
                      report.fewest_receivers == report.most_receivers
                          ? fmt::format("{} for each shot", report.most_receivers)
                          : fmt::format("{} to {} for a shot", report.fewest_receivers, report.most_receivers),
                      report.first_receiver, report.last_receiver, spacing_text(report.receiver_spacing));
  text += fmt::format("offsets        {:g} to {:g} m\n", report.smallest_offset, report.largest_offset);
  text += fmt::format("fold           at most {}\n", report.largest_fold);
  text += fmt::format("depths         {:g} to {:g} m below the datum\n", report.smallest_depth, report.largest_depth);
  const Projection& line = report.projection;
  if (line.largest_distance > 0.0) {
    text += fmt::format("line           up to {:.3g} m beside a straight one, offsets up to {:.3g} m shorter on it\n",
                        line.largest_distance, line.largest_offset_loss);
  }
  return text;
}

std::string describe_finding(const HeaderFinding& finding) {
  std::string where = finding.first_trace < 0 ? "" : fmt::format("trace {}: ", finding.first_trace + 1);
  if (finding.traces > 1) where = fmt::format("{} traces from {} on: ", finding.traces, finding.first_trace + 1);
  return fmt::format("{}          {}{}\n", finding.is_error ? "error" : "note ", where, finding.text);
}

}  // namespace

TraceReport report_traces(const std::filesystem::path& path, const ReadOptions& options, const Context& context) {
  ReadOptions lenient = options;
  lenient.lenient = true;
  const std::unique_ptr<TraceFile> file = open_trace_file(path, lenient);
  TraceReport report{.format = file->format(),
                     .text = file->text(),
                     .traces = file->traces(),
                     .samples = file->samples(),
                     .sample_interval = file->sample_interval()};
  const LineScan scan = scan_line(*file, lenient, context);
  report.counts = scan.counts;
  report.findings = scan.findings;
  report.smallest_offset = scan.smallest_offset;
  report.largest_offset = scan.largest_offset;
  report.shots = std::ssize(scan.shots);
  report.projection = fit_projection(scan.shots);
  if (!scan.shots.empty()) report_geometry(scan.shots, report);
  return report;
}

std::string describe(const TraceReport& report) {
  const TraceCounts& counts = report.counts;
  std::string text = fmt::format("traces         {}\n", report.format);
  text += fmt::format("count          {}: {} live, {} dead, {} auxiliary, {} with wrong headers\n", counts.total,
                      counts.live, counts.dead, counts.auxiliary, counts.unusable);
  text += fmt::format("time samples   {}", report.samples);
  if (report.sample_interval > 0.0) {
    constexpr double kMilliseconds = 1e3;
    text += fmt::format(", {:g} ms apart: {:g} s", kMilliseconds * report.sample_interval,
                        report.sample_interval * static_cast<double>(report.samples));
  }
  text += '\n';
  if (report.smallest_delay != 0.0 || report.largest_delay != 0.0) {
    text += fmt::format("delay          {:g} to {:g} s\n", report.smallest_delay, report.largest_delay);
  }
  if (report.largest_offset > 0.0) text += describe_geometry(report);
  for (const HeaderFinding& finding : report.findings) text += describe_finding(finding);
  return text;
}

}  // namespace strataform::field
