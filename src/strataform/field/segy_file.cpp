#include "strataform/field/segy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "strataform/core/error.h"
#include "strataform/field/trace_formats.h"

namespace strataform::field {
namespace {

namespace fs = std::filesystem;

/// SEG-Y rev 2.0, table 3, bytes 29-30. Vertical components and pressure are what an acoustic simulation has.
TraceKind kind_of(std::int64_t code) {
  constexpr std::array<std::int64_t, 5> kLive{0, 1, 11, 12, 15};
  constexpr std::array<std::int64_t, 2> kDead{2, 3};
  if (std::ranges::find(kLive, code) != kLive.end()) return TraceKind::kLive;
  return std::ranges::find(kDead, code) != kDead.end() ? TraceKind::kDead : TraceKind::kAuxiliary;
}

/// 0 and 1 leave a value as it is, others multiply it, negative ones divide it.
double apply_scalar(double value, std::int64_t scalar) {
  if (scalar == 0) return value;
  return scalar > 0 ? value * static_cast<double>(scalar) : value / static_cast<double>(-scalar);
}

bool is_scalar(std::int64_t scalar) {
  constexpr std::array<std::int64_t, 6> kScalars{0, 1, 10, 100, 1000, 10000};
  return std::ranges::find(kScalars, std::abs(scalar)) != kScalars.end();
}

/// A file of another format may seem to have a format code; it then hardly has a text in front of it, nor whole traces.
bool is_segy(const fs::path& path) {
  try {
    const SegyFile file(path, SegyFile::Kind::kSegy, {.lenient = true});
    const auto is_error = [](const HeaderFinding& finding) { return finding.is_error; };
    return file.layout().text.is_text || std::ranges::none_of(file.findings(), is_error);
  } catch (const InputError&) {
    return false;
  }
}

/// SU has no signature: whole traces fill the file, and the last one tells as many samples as the first.
bool is_su(const fs::path& path) {
  try {
    const SegyFile file(path, SegyFile::Kind::kSu, {});
    return file.words().read(file.raw_header(file.traces() - 1), Word::kSamples) ==
           file.words().read(file.raw_header(0), Word::kSamples);
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace

SegyFile::SegyFile(const fs::path& path, Kind kind, const ReadOptions& options)
    : file_(path), kind_(kind), options_(options),
      layout_(kind == Kind::kSegy ? read_segy_layout(file_, options) : read_su_layout(file_, options)),
      words_(layout_.big_endian, options.places) {}

std::string SegyFile::format() const {
  const std::string kind = kind_ == Kind::kSu ? "SU" : fmt::format("SEG-Y revision {}", layout_.revision);
  return fmt::format("{}, {}-endian, {}", kind, layout_.big_endian ? "big" : "little", layout_.format.name);
}

std::vector<std::byte> SegyFile::raw_header(std::int64_t trace) const {
  std::vector<std::byte> header(kTraceHeaderBytes);
  file_.read(layout_.trace0 + trace * layout_.trace_bytes(), header);
  return header;
}

double SegyFile::scaled(std::span<const std::byte> header, Word value, Word scalar, double unit,
                        std::int64_t trace) const {
  const std::optional<double>& factor =
      scalar == Word::kElevationScalar ? options_.elevation_factor : options_.coordinate_factor;
  const auto number = static_cast<double>(words_.read(header, value));
  if (factor) return number * *factor * unit;
  const std::int64_t found = words_.read(header, scalar);
  if (!is_scalar(found)) {
    throw InputError(
        fmt::format("{}: {} is {}: expected 0 or a power of ten from 1 to 10000, or its negative; `{}` "
                    "gives it",
                    name_of(trace), words_.describe(scalar), found,
                    scalar == Word::kElevationScalar ? "elevation_factor" : "coordinate_factor"));
  }
  return apply_scalar(number, found) * unit;
}

void SegyFile::read_positions(std::span<const std::byte> header, std::int64_t trace, TraceHeader& result) const {
  const auto coordinate = [&](Word word) { return scaled(header, word, Word::kCoordinateScalar, layout_.unit, trace); };
  const auto elevation = [&](Word word) { return scaled(header, word, Word::kElevationScalar, layout_.unit, trace); };
  const double up = options_.elevations_are_depths ? 1.0 : -1.0;
  result.source = {coordinate(Word::kSourceX), coordinate(Word::kSourceY),
                   elevation(Word::kSourceDepth) + up * elevation(Word::kSourceElevation)};
  result.receiver = {coordinate(Word::kReceiverX), coordinate(Word::kReceiverY),
                     up * elevation(Word::kReceiverElevation) + 0.0};
  const std::int64_t units = words_.read(header, Word::kCoordinateUnits);
  if (units < 0 || units > 1) result.note = check_lengths(units, trace, result);
}

std::string SegyFile::check_lengths(std::int64_t units, std::int64_t trace, const TraceHeader& header) const {
  const double distance = std::hypot(header.receiver.x - header.source.x, header.receiver.y - header.source.y);
  constexpr double kTolerance = 0.01;
  const std::string word = words_.describe(Word::kCoordinateUnits);
  if (!header.offset || std::abs(std::abs(*header.offset) - distance) > kTolerance * std::abs(*header.offset)) {
    throw InputError(
        fmt::format("{}: {} is {}: expected 0 or 1, lengths; `geometry` gives positions", name_of(trace), word, units));
  }
  return fmt::format("{} is {}, no length, but {} fits lengths: they are read as such", word, units,
                     words_.describe(Word::kOffset));
}

TraceHeader SegyFile::header(std::int64_t trace) const {
  const std::vector<std::byte> bytes = raw_header(trace);
  TraceHeader result;
  result.record = words_.read(bytes, Word::kRecord);
  result.channel = words_.read(bytes, Word::kChannel);
  result.kind_code = words_.read(bytes, Word::kTraceCode);
  result.kind = kind_of(result.kind_code);
  if (const std::int64_t offset = words_.read(bytes, Word::kOffset); offset != 0) {
    result.offset = static_cast<double>(offset) * layout_.unit;
  }
  // What is to be replaced need not be right.
  if (options_.geometry.empty() && !options_.regular) read_positions(bytes, trace, result);
  constexpr double kMilliseconds = 1e-3;
  result.delay = static_cast<double>(words_.read(bytes, Word::kDelay)) * kMilliseconds;
  // SU has other words there, revision 0 none.
  if (const std::int64_t scalar = words_.read(bytes, Word::kTimeScalar); kind_ == Kind::kSegy && layout_.revision > 0) {
    if (!is_scalar(scalar) && result.delay != 0.0 && !options_.delay) {
      throw InputError(
          fmt::format("{}: {} is {}: expected 0 or a power of ten from 1 to 10000, or its negative; `delay` "
                      "gives the delay",
                      name_of(trace), words_.describe(Word::kTimeScalar), scalar));
    }
    result.delay = apply_scalar(result.delay, scalar);
  }
  result.delay = options_.delay.value_or(result.delay);
  result.sample_interval = static_cast<double>(words_.read(bytes, Word::kSampleInterval)) * 1e-6;
  result.samples = words_.read(bytes, Word::kSamples) & 0xffff;
  return result;
}

void SegyFile::read_trace(std::int64_t trace, std::span<float> out) const {
  std::vector<std::byte> bytes(static_cast<std::size_t>(layout_.samples * layout_.format.bytes));
  file_.read(layout_.trace0 + trace * layout_.trace_bytes() + layout_.header_bytes, bytes);
  decode_samples(layout_.format, layout_.big_endian, bytes, out);
}

TraceFormat segy_traces() {
  return {.endings = {".sgy", ".segy", ".seg"},
          .knows = is_segy,
          .open = [](const fs::path& path, const ReadOptions& options) -> std::unique_ptr<TraceFile> {
            return std::make_unique<SegyFile>(path, SegyFile::Kind::kSegy, options);
          }};
}

TraceFormat su_traces() {
  return {.endings = {".su"},
          .knows = is_su,
          .open = [](const fs::path& path, const ReadOptions& options) -> std::unique_ptr<TraceFile> {
            return std::make_unique<SegyFile>(path, SegyFile::Kind::kSu, options);
          }};
}

}  // namespace strataform::field
