#include "strataform/field/segy_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "strataform/core/error.h"
#include "strataform/field/trace_extent.h"

namespace strataform::field {
namespace {

constexpr std::int64_t kTextBytes = 3200;
constexpr std::int64_t kFileHeaderBytes = 3600;

/// The file's headers, whose bytes the standard counts from 1.
class FileHeader {
 public:
  explicit FileHeader(const io::PositionalFile& file) : bytes_(kFileHeaderBytes) {
    if (file.size() < kFileHeaderBytes) {
      throw InputError(fmt::format("{}: expected SEG-Y's headers of {} bytes, found {} bytes", file.path().string(),
                                   kFileHeaderBytes, file.size()));
    }
    file.read(0, bytes_);
  }

  [[nodiscard]] std::span<const std::byte> text() const { return std::span(bytes_).first(kTextBytes); }
  [[nodiscard]] std::int64_t get(std::size_t byte, std::size_t size) const {
    return read_integer(std::span(bytes_).subspan(byte - 1, size), big_endian);
  }
  [[nodiscard]] std::int64_t get_unsigned(std::size_t byte) const { return get(byte, 2) & 0xffff; }
  [[nodiscard]] double get_double(std::size_t byte) const { return std::bit_cast<double>(get(byte, 8)); }

  bool big_endian = true;

 private:
  std::vector<std::byte> bytes_;
};

/// By the code of the sample format, a small number in one order only.
bool detect_big_endian(const io::PositionalFile& file, FileHeader& header) {
  constexpr std::size_t kFormat = 3225;
  std::int64_t found = 0;
  for (const bool big_endian : {false, true}) {
    header.big_endian = big_endian;
    const std::int64_t code = header.get(kFormat, 2);
    if (find_sample_format(code)) return big_endian;
    // Of the two readings the smaller one is more likely what was meant.
    if (big_endian && std::abs(code) <= std::abs(found)) found = code;
    if (!big_endian) found = code;
  }
  throw InputError(fmt::format(
      "{}: format code (bytes 3225-3226) is {}: expected 1 (IBM floats), 5 (IEEE floats) or another of SEG-Y's codes "
      "but 4",
      file.path().string(), found));
}

/// How many blocks of text follow the file header; a stanza ends those of which there are -1.
std::int64_t count_extended_texts(const io::PositionalFile& file, std::int64_t given, SegyLayout& layout) {
  const auto fits = [&](std::int64_t count) { return kFileHeaderBytes + count * kTextBytes <= file.size(); };
  if (given >= 0 && fits(given)) return given;
  if (given == -1) {
    std::vector<std::byte> block(kTextBytes);
    for (std::int64_t count = 1; fits(count); ++count) {
      file.read(kFileHeaderBytes + (count - 1) * kTextBytes, block);
      for (const std::string& line : read_text_header(block).lines) {
        if (line.find("((SEG: EndText))") != std::string::npos || line.find("((SEG:ENDTEXT))") != std::string::npos) {
          return count;
        }
      }
    }
  }
  const std::string text =
      fmt::format("extended text headers (bytes 3505-3506) is {}, which the file does not hold", given);
  // Revision 0 has no such word, and its bytes may hold anything.
  if (layout.revision > 0) throw InputError(fmt::format("{}: {}", file.path().string(), text));
  layout.findings.push_back({.is_error = false, .text = text});
  return 0;
}

/// First byte of the traces and the length of their headers.
void find_traces(const io::PositionalFile& file, const FileHeader& header, SegyLayout& layout) {
  layout.trace0 = kFileHeaderBytes + kTextBytes * count_extended_texts(file, header.get(3505, 2), layout);
  if (layout.revision < 2) return;
  constexpr std::int64_t kMostExtensions = 1000;
  const auto is_possible = [](std::int64_t count) { return count >= 0 && count <= kMostExtensions; };
  // Four bytes in revision 2.0, two in 2.1, where the other two tell the type of survey.
  std::int64_t extensions = header.get(3507, 4);
  if (!is_possible(extensions)) extensions = header.get(3507, 2);
  if (!is_possible(extensions)) {
    throw InputError(
        fmt::format("{}: additional trace headers (bytes 3507-3510) is {}", file.path().string(), extensions));
  }
  layout.header_bytes = kTraceHeaderBytes * (1 + extensions);
  const std::int64_t first = header.get(3521, 8);
  if (first != 0 && (first < layout.trace0 || first >= file.size())) {
    throw InputError(fmt::format("{}: byte of the first trace (bytes 3521-3528) is {}, which the file does not hold",
                                 file.path().string(), first));
  }
  layout.trace0 = std::max(layout.trace0, first);
}

std::vector<std::byte> first_trace_header(const io::PositionalFile& file, std::int64_t trace0) {
  std::vector<std::byte> header(kTraceHeaderBytes);
  if (file.size() < trace0 + kTraceHeaderBytes) {
    throw InputError(fmt::format("{}: trace 1 is cut off: {} of the {} bytes of its header are there",
                                 file.path().string(), std::max<std::int64_t>(0, file.size() - trace0),
                                 kTraceHeaderBytes));
  }
  file.read(trace0, header);
  return header;
}

SampleCount trace_count_word(const HeaderWords& words, std::span<const std::byte> trace) {
  return {words.describe(Word::kSamples) + " of trace 1", words.read(trace, Word::kSamples) & 0xffff};
}

GivenInterval trace_interval_word(const HeaderWords& words, std::span<const std::byte> trace) {
  return {words.describe(Word::kSampleInterval) + " of trace 1",
          static_cast<double>(words.read(trace, Word::kSampleInterval)) * 1e-6};
}

double unit_of(std::int64_t measurement_system) {
  constexpr std::int64_t kFeet = 2;
  constexpr double kFoot = 0.3048;
  return measurement_system == kFeet ? kFoot : 1.0;
}

}  // namespace

SegyLayout read_segy_layout(const io::PositionalFile& file, const ReadOptions& options) {
  FileHeader header(file);
  SegyLayout layout;
  const bool detected = detect_big_endian(file, header);
  layout.big_endian = header.big_endian = options.big_endian.value_or(detected);
  const std::optional<SampleFormat> format = find_sample_format(header.get(3225, 2));
  if (!format) throw InputError(fmt::format("{}: `big_endian` does not suit its format code", file.path().string()));
  layout.format = *format;
  layout.text = read_text_header(header.text());
  if (!layout.text.is_text) {
    layout.findings.push_back(
        {.is_error = false, .text = "text header (bytes 1-3200) is no text, neither EBCDIC nor ASCII"});
  }
  // Revisions 0 and 1 hold one number, 256 times the revision; of what is no revision nothing newer than 0 is expected.
  const std::int64_t revision = header.get_unsigned(3501) >> 8U;
  layout.revision = revision <= 2 ? static_cast<int>(revision) : 0;
  layout.unit = unit_of(header.get(3255, 2));
  find_traces(file, header, layout);

  const HeaderWords words(layout.big_endian, options.places);
  const std::vector<std::byte> trace = first_trace_header(file, layout.trace0);
  std::vector<SampleCount> counts;
  std::vector<GivenInterval> intervals;
  if (layout.revision >= 2) {
    counts.push_back({"extended time samples (bytes 3269-3272)", header.get(3269, 4)});
    const double extended = header.get_double(3273);
    intervals.push_back(
        {"extended sample interval (bytes 3273-3280)", std::isfinite(extended) ? extended * 1e-6 : 0.0});
  }
  counts.push_back({"time samples (bytes 3221-3222)", header.get_unsigned(3221)});
  counts.push_back(trace_count_word(words, trace));
  if (options.samples) counts = {{"`samples`", *options.samples}};
  find_trace_extent(file, counts, words, options.lenient, layout);
  intervals.push_back({"sample interval (bytes 3217-3218)", static_cast<double>(header.get(3217, 2)) * 1e-6});
  intervals.push_back(trace_interval_word(words, trace));
  // The extended interval is there for what the others cannot hold.
  if (layout.revision >= 2 && intervals.front().value > 0.0) intervals.resize(1);
  layout.sample_interval =
      options.sample_interval ? *options.sample_interval : choose_interval(intervals, layout.findings);
  return layout;
}

SegyLayout read_su_layout(const io::PositionalFile& file, const ReadOptions& options) {
  SegyLayout layout;
  layout.format = *find_sample_format(kIeeeFloat);
  const std::vector<std::byte> trace = first_trace_header(file, 0);
  const auto fits = [&](bool big_endian) {
    const std::int64_t samples = HeaderWords(big_endian, options.places).read(trace, Word::kSamples) & 0xffff;
    return samples > 0 && file.size() % (kTraceHeaderBytes + samples * layout.format.bytes) == 0;
  };
  layout.big_endian = options.big_endian.value_or(!fits(false) && fits(true));
  const HeaderWords words(layout.big_endian, options.places);
  std::vector<SampleCount> counts{trace_count_word(words, trace)};
  if (options.samples) counts = {{"`samples`", *options.samples}};
  find_trace_extent(file, counts, words, options.lenient, layout);
  layout.sample_interval = options.sample_interval
                               ? *options.sample_interval
                               : choose_interval({trace_interval_word(words, trace)}, layout.findings);
  return layout;
}

}  // namespace strataform::field
