#include "strataform/field/trace_extent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "strataform/core/error.h"

namespace strataform::field {
namespace {

/// The number of samples that trace 0, 1 .. would have by their own headers, where these lead exactly to the file's
/// end.
bool lengths_vary(const io::PositionalFile& file, const HeaderWords& words, const SegyLayout& layout) {
  constexpr int kMostTraces = 10000;
  std::vector<std::byte> header(kTraceHeaderBytes);
  std::int64_t place = layout.trace0;
  for (int trace = 0; trace < kMostTraces && place + kTraceHeaderBytes <= file.size(); ++trace) {
    file.read(place, header);
    const std::int64_t samples = words.read(header, Word::kSamples) & 0xffff;
    if (samples == 0) return false;
    place += layout.header_bytes + samples * layout.format.bytes;
  }
  return place == file.size();
}

/// What a header without any number of samples, or with one that cannot be, makes of a file.
[[noreturn]] void fail_without_samples(const io::PositionalFile& file, const std::vector<SampleCount>& counts) {
  std::string found;
  for (const SampleCount& count : counts)
    found += fmt::format("{}{} is {}", found.empty() ? "" : ", ", count.word, count.value);
  throw InputError(fmt::format("{}: {}: `samples` gives how many a trace has", file.path().string(), found));
}

}  // namespace

void find_trace_extent(const io::PositionalFile& file, const std::vector<SampleCount>& counts, const HeaderWords& words,
                       bool lenient, SegyLayout& layout) {
  const std::int64_t bytes = file.size() - layout.trace0;
  const auto trace_bytes = [&](std::int64_t samples) { return layout.header_bytes + samples * layout.format.bytes; };
  const auto is_possible = [](const SampleCount& count) {
    constexpr std::int64_t kMostSamples = std::int64_t{1} << 31U;
    return count.value > 0 && count.value < kMostSamples;
  };
  auto chosen = std::ranges::find_if(counts, [&](const SampleCount& count) {
    return is_possible(count) && bytes > 0 && bytes % trace_bytes(count.value) == 0;
  });
  const bool fits = chosen != counts.end();
  if (!fits) chosen = std::ranges::find_if(counts, is_possible);
  if (chosen == counts.end()) fail_without_samples(file, counts);
  layout.samples = chosen->value;
  layout.traces = std::max<std::int64_t>(0, bytes) / trace_bytes(layout.samples);
  for (const SampleCount& count : counts) {
    if (!fits || count.value == layout.samples || count.value == 0) continue;
    layout.findings.push_back({.is_error = false,
                               .text = fmt::format("{} is {}, but traces of {} time samples fill the file", count.word,
                                                   count.value, layout.samples)});
  }
  if (fits) return;
  const std::int64_t rest = bytes - layout.traces * trace_bytes(layout.samples);
  const std::string text =
      fmt::format("trace {} is cut off: {} of {} bytes are there, where {} is {}", layout.traces + 1,
                  std::max<std::int64_t>(0, rest), trace_bytes(layout.samples), chosen->word, layout.samples);
  if (lengths_vary(file, words, layout)) {
    throw InputError(fmt::format("{}: traces of different lengths are not read ({} differs)", file.path().string(),
                                 words.describe(Word::kSamples)));
  }
  if (!lenient || layout.traces == 0) throw InputError(fmt::format("{}: {}", file.path().string(), text));
  layout.findings.push_back({.is_error = true, .text = text, .first_trace = layout.traces, .traces = 1});
}

double choose_interval(const std::vector<GivenInterval>& intervals, std::vector<HeaderFinding>& findings) {
  constexpr double kMicroseconds = 1e6;
  const auto chosen = std::ranges::find_if(intervals, [](const GivenInterval& given) { return given.value > 0.0; });
  for (const GivenInterval& given : intervals) {
    if (given.value < 0.0) {
      findings.push_back({.is_error = true,
                          .text = fmt::format("{} is {:g} microseconds: `sample_interval` gives it", given.word,
                                              given.value * kMicroseconds)});
    } else if (chosen != intervals.end() && given.value > 0.0 && std::abs(given.value - chosen->value) > 1e-9) {
      findings.push_back(
          {.is_error = true,
           .text = fmt::format("{} is {:g} microseconds, but {} is {:g}: `sample_interval` decides", given.word,
                               given.value * kMicroseconds, chosen->word, chosen->value * kMicroseconds)});
    }
  }
  return chosen == intervals.end() ? 0.0 : chosen->value;
}

}  // namespace strataform::field
