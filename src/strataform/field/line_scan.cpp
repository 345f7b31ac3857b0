#include "strataform/field/line_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/field/finding_list.h"
#include "strataform/field/station_table.h"

namespace strataform::field {
namespace {

// Nothing on Earth is farther from the origin of a map, nor deeper under or higher above a datum.
constexpr double kFarthest = 1e8, kDeepest = 2e4;

/// Something wrong with one trace.
struct TraceProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

double distance_between(const Station& a, const Station& b) { return std::hypot(a.x - b.x, a.y - b.y); }

void check_place(const Station& place, const char* word) {
  if (std::abs(place.x) > kFarthest || std::abs(place.y) > kFarthest) {
    throw TraceProblem{
        fmt::format("{}_x and {}_y are beyond {:g} m: `coordinate_factor` gives their scale", word, word, kFarthest)};
  }
  if (std::abs(place.z) > kDeepest) {
    throw TraceProblem{
        fmt::format("{} elevation or depth is beyond {:g} m: `elevation_factor` gives its scale", word, kDeepest)};
  }
}

class LineScanner {
 public:
  LineScanner(const TraceFile& file, const ReadOptions& options) : file_(file), options_(options) {
    if (!options.geometry.empty()) table_.emplace(options.geometry);
    for (const HeaderFinding& finding : file.findings()) list_.add(finding);
    scan_.smallest_offset = std::numeric_limits<double>::infinity();
  }

  void add(std::int64_t trace) {
    ++scan_.counts.total;
    try {
      add_header(trace, file_.header(trace));
    } catch (const InputError& error) {
      add_problem(trace, error.what());
    } catch (const TraceProblem& problem) {
      add_problem(trace, problem.what());
    }
  }

  LineScan finish() {
    leave_out_zeros();
    std::erase_if(scan_.shots, [](const ScannedShot& shot) { return shot.traces.empty(); });
    measure_offsets();
    check_whole();
    scan_.findings = list_.all();
    return std::move(scan_);
  }

 private:
  void add_problem(std::int64_t trace, std::string text) {
    ++scan_.counts.unusable;
    const std::string name = file_.name_of(trace) + ": ";
    if (text.starts_with(name)) text.erase(0, name.size());
    list_.add(true, text, trace);
  }

  void add_header(std::int64_t trace, TraceHeader header) {
    if (header.kind == TraceKind::kDead) {
      ++scan_.counts.dead;
      return;
    }
    if (header.kind == TraceKind::kAuxiliary) {
      ++scan_.counts.auxiliary;
      return;
    }
    check_sampling(trace, header);
    set_geometry(trace, header);
    check_place(header.source, "source");
    check_place(header.receiver, "receiver");
    if (!header.note.empty()) list_.add(false, header.note, trace);
    check_offset(trace, header);
    ScannedShot& shot = shot_of(header);
    shot.traces.push_back({trace, header.receiver, static_cast<float>(header.delay)});
    ++scan_.counts.live;
  }

  void check_sampling(std::int64_t trace, const TraceHeader& header) {
    constexpr double kTolerance = 1e-9;
    const double expected = file_.sample_interval();
    if (!options_.sample_interval && header.sample_interval != 0.0 &&
        std::abs(header.sample_interval - expected) > kTolerance) {
      throw TraceProblem{fmt::format("sample_interval is {:g} s, the file's {:g} s: `sample_interval` decides",
                                     header.sample_interval, expected)};
    }
    if (first_samples_ == 0) first_samples_ = header.samples;
    if (!options_.samples && header.samples != 0 && header.samples != first_samples_) {
      list_.add(false,
                fmt::format("number of time samples is not the {} of the first trace: all have {}", first_samples_,
                            file_.samples()),
                trace);
    }
  }

  void set_geometry(std::int64_t trace, TraceHeader& header) {
    if (table_) {
      if (!table_->apply(trace, header)) {
        throw TraceProblem{fmt::format("{} has no positions for it", options_.geometry.string())};
      }
    } else if (options_.regular) {
      const RegularGeometry& regular = *options_.regular;
      const auto [place, is_new] = records_.try_emplace(header.record, records_.size(), 0);
      auto& [number, channels] = place->second;
      header.source = {regular.first_source + static_cast<double>(number) * regular.shot_spacing, 0.0, 0.0};
      header.receiver = header.source;
      header.receiver.x += regular.near_offset + static_cast<double>(channels++) * regular.receiver_spacing;
      header.offset.reset();
    }
  }

  void check_offset(std::int64_t trace, const TraceHeader& header) {
    constexpr double kShare = 0.01, kMetre = 1.0;
    if (!header.offset || table_) return;
    const double given = std::abs(*header.offset), found = distance_between(header.source, header.receiver);
    if (std::abs(given - found) > std::max(kMetre, kShare * found)) {
      list_.add(false, "offset is not the distance between source and receiver, which counts", trace);
    }
  }

  ScannedShot& shot_of(const TraceHeader& header) {
    const auto key = std::tuple(header.record, header.source.x, header.source.y, header.source.z);
    const auto [place, is_new] = shots_.try_emplace(key, scan_.shots.size());
    if (is_new) scan_.shots.push_back({.record = header.record, .source = header.source, .traces = {}});
    return scan_.shots[place->second];
  }

  /// Positions at x = 0 and y = 0 among others that are all far from there.
  void leave_out_zeros() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    double low_x = kInfinity, high_x = -kInfinity, low_y = kInfinity, high_y = -kInfinity;
    const auto is_zero = [](const Station& place) { return place.x == 0.0 && place.y == 0.0; };
    const auto widen = [&](const Station& place) {
      if (is_zero(place)) return;
      low_x = std::min(low_x, place.x), high_x = std::max(high_x, place.x);
      low_y = std::min(low_y, place.y), high_y = std::max(high_y, place.y);
    };
    for (const ScannedShot& shot : scan_.shots) {
      widen(shot.source);
      for (const LiveTrace& live : shot.traces) widen(live.receiver);
    }
    const double extent = std::max(high_x - low_x, high_y - low_y);
    const double gap = std::hypot(std::max({0.0, low_x, -high_x}), std::max({0.0, low_y, -high_y}));
    constexpr double kFarAway = 10.0;  // in extents: a short line may begin at 0
    if (!(extent >= 0.0) || gap <= kFarAway * extent) return;
    for (ScannedShot& shot : scan_.shots) {
      std::erase_if(shot.traces, [&](const LiveTrace& live) {
        const bool source = is_zero(shot.source);
        if (!source && !is_zero(live.receiver)) return false;
        --scan_.counts.live;
        add_problem(live.trace, fmt::format("{}_x and {}_y are 0, {:g} m away from all others",
                                            source ? "source" : "receiver", source ? "source" : "receiver", gap));
        return true;
      });
    }
  }

  void measure_offsets() {
    for (const ScannedShot& shot : scan_.shots) {
      for (const LiveTrace& live : shot.traces) {
        const double offset = distance_between(shot.source, live.receiver);
        scan_.smallest_offset = std::min(scan_.smallest_offset, offset);
        scan_.largest_offset = std::max(scan_.largest_offset, offset);
      }
    }
    if (scan_.shots.empty()) scan_.smallest_offset = 0.0;
  }

  void check_whole() {
    if (!(file_.sample_interval() > 0.0)) {
      list_.add({.is_error = true, .text = "sample_interval is 0: `sample_interval` gives it"});
    }
    if (scan_.shots.empty()) {
      list_.add({.is_error = true, .text = "there is no trace that can be used"});
    } else if (scan_.largest_offset == 0.0) {
      list_.add({.is_error = true,
                 .text =
                     "source_x, source_y, receiver_x and receiver_y hold no positions: `regular` or `geometry` gives "
                     "them"});
    }
    check_records();
    check_order();
  }

  void check_records() {
    std::map<std::int64_t, std::int64_t> sources;
    for (const ScannedShot& shot : scan_.shots) ++sources[shot.record];
    if (sources.size() <= 1 && scan_.shots.size() > 1) {
      list_.add({.is_error = false, .text = "field_record is the same in all traces: shots are told by their sources"});
      return;
    }
    for (const ScannedShot& shot : scan_.shots) {
      if (sources[shot.record] < 2) continue;
      list_.add(false, "field_record has several sources, each of which counts as a shot", shot.traces.front().trace);
    }
  }

  void check_order() {
    for (const ScannedShot& shot : scan_.shots) {
      double direction = 0.0;
      for (std::size_t k = 1; k < shot.traces.size(); ++k) {
        const double step = shot.traces[k].receiver.x - shot.traces[k - 1].receiver.x;
        if (step == 0.0 && shot.traces[k].receiver.y == shot.traces[k - 1].receiver.y) {
          list_.add(false, "receiver_x and receiver_y are those of the trace before, too", shot.traces[k].trace);
        } else if (step * direction < 0.0) {
          list_.add(false, "receiver_x turns back within its shot", shot.traces[k].trace);
        }
        if (step != 0.0) direction = step;
      }
    }
  }

  const TraceFile& file_;
  const ReadOptions& options_;
  std::optional<StationTable> table_{};
  FindingList list_{};
  LineScan scan_{};
  std::int64_t first_samples_ = 0;
  std::unordered_map<std::int64_t, std::pair<std::size_t, std::int64_t>> records_{};
  std::map<std::tuple<std::int64_t, double, double, double>, std::size_t> shots_{};
};

}  // namespace

LineScan scan_line(const TraceFile& file, const ReadOptions& options, const Context& context) {
  LineScanner scanner(file, options);
  Progress progress(context, "reading headers", file.traces(), "traces");
  constexpr std::int64_t kBetweenReports = 4096;
  for (std::int64_t trace = 0; trace < file.traces(); ++trace) {
    scanner.add(trace);
    if (trace % kBetweenReports != 0) continue;
    context.throw_if_stopped("interrupted: nothing was written");
    progress.update(trace);
  }
  progress.update(file.traces());
  progress.finish();
  return scanner.finish();
}

}  // namespace strataform::field
