#include "strataform/field/joined_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::field {
namespace {

bool is_digit(char character) { return std::isdigit(static_cast<unsigned char>(character)) != 0; }

/// The digits that begin at a place, without leading zeros.
std::string digits_at(const std::string& text, std::size_t& place) {
  std::string digits;
  for (; place < text.size() && is_digit(text[place]); ++place) {
    if (!digits.empty() || text[place] != '0') digits += text[place];
  }
  return digits;
}

}  // namespace

bool is_numbered_before(const std::string& left, const std::string& right) {
  std::size_t i = 0, j = 0;
  while (i < left.size() && j < right.size()) {
    if (is_digit(left[i]) && is_digit(right[j])) {
      const std::string a = digits_at(left, i), b = digits_at(right, j);
      if (a.size() != b.size()) return a.size() < b.size();
      if (a != b) return a < b;
    } else if (left[i] != right[j]) {
      return left[i] < right[j];
    } else {
      ++i;
      ++j;
    }
  }
  return left.size() - i < right.size() - j;
}

JoinedTraces::JoinedTraces(std::string name, const std::vector<std::filesystem::path>& paths,
                           const ReadOptions& options)
    : name_(std::move(name)) {
  for (const std::filesystem::path& path : paths) {
    try {
      add(open_trace_file(path, options), options.lenient);
    } catch (const InputError& error) {
      if (!options.lenient) throw;
      findings_.push_back({.is_error = false, .text = fmt::format("left out: {}", error.what())});
    }
  }
  if (files_.empty()) throw InputError(fmt::format("{}: none of its files can be read", name_));
}

void JoinedTraces::add(std::unique_ptr<TraceFile> file, bool lenient) {
  if (!files_.empty()) {
    const TraceFile& first = *files_.front();
    constexpr double kNanosecond = 1e-9;
    if (file->samples() != first.samples() ||
        std::abs(file->sample_interval() - first.sample_interval()) > kNanosecond) {
      throw InputError(fmt::format("{}: traces of {} time samples every {:g} s, those of {} are {} every {:g} s",
                                   file->name(), file->samples(), file->sample_interval(), first.name(),
                                   first.samples(), first.sample_interval()));
    }
  }
  for (HeaderFinding finding : file->findings()) {
    if (finding.is_error && !lenient) throw InputError(fmt::format("{}: {}", file->name(), finding.text));
    if (finding.first_trace >= 0) finding.first_trace += starts_.back();
    finding.text = fmt::format("{}: {}", file->name(), finding.text);
    findings_.push_back(std::move(finding));
  }
  starts_.push_back(starts_.back() + file->traces());
  files_.push_back(std::move(file));
}

std::pair<const TraceFile*, std::int64_t> JoinedTraces::place_of(std::int64_t trace) const {
  const auto after = std::ranges::upper_bound(starts_, trace);
  const auto index = static_cast<std::size_t>(after - starts_.begin() - 1);
  return {files_[index].get(), trace - starts_[index]};
}

std::string JoinedTraces::name_of(std::int64_t trace) const {
  const auto [file, number] = place_of(trace);
  return file->name_of(number);
}

std::string JoinedTraces::format() const {
  return fmt::format("{} files: {}", files_.size(), files_.front()->format());
}

TraceHeader JoinedTraces::header(std::int64_t trace) const {
  const auto [file, number] = place_of(trace);
  return file->header(number);
}

void JoinedTraces::read_trace(std::int64_t trace, std::span<float> out) const {
  const auto [file, number] = place_of(trace);
  file->read_trace(number, out);
}

}  // namespace strataform::field
