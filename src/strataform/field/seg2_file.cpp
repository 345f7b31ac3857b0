#include "strataform/field/seg2_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>

#include "strataform/core/decimal.h"
#include "strataform/core/error.h"
#include "strataform/field/header_word.h"
#include "strataform/field/trace_formats.h"

namespace strataform::field {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFileBlock = 0x3a55;
constexpr std::int64_t kTraceBlock = 0x4422;
constexpr std::int64_t kBlockBytes = 32;  // in front of a block's pointers or strings
constexpr std::int64_t kPointerBytes = 4;

/// Bytes of one sample; 0 for formats that are not read: the floats of 20 bits, and what is none.
std::int64_t sample_bytes(int code) {
  constexpr std::int64_t kBytes[] = {0, 2, 4, 0, 4, 8};
  return code >= 1 && code <= 5 ? kBytes[code] : 0;
}

double decode_seg2_sample(int code, std::span<const std::byte> bytes, bool big_endian) {
  const std::int64_t value = read_integer(bytes, big_endian);
  if (code == 4) return std::bit_cast<float>(static_cast<std::int32_t>(value));
  return code == 5 ? std::bit_cast<double>(value) : static_cast<double>(value);
}

/// m in one of what UNITS names.
std::optional<double> seg2_unit(std::string_view name) {
  if (name.empty() || name == "METERS" || name == "NONE") return 1.0;
  if (name == "FEET") return 0.3048;
  if (name == "INCHES") return 0.0254;
  if (name == "CENTIMETERS") return 0.01;
  return std::nullopt;
}

bool is_seg2(const fs::path& path) {
  const io::PositionalFile file(path);
  std::byte id[2] = {};
  if (file.size() < kBlockBytes) return false;
  file.read(0, id);
  return (read_integer(id, false) & 0xffff) == kFileBlock || (read_integer(id, true) & 0xffff) == kFileBlock;
}

}  // namespace

Seg2File::Seg2File(const fs::path& path, const ReadOptions& options) : file_(path), options_(options) {
  big_endian_ = integer_at(0, 2) != kFileBlock;
  if (integer_at(0, 2) != kFileBlock) {
    throw InputError(fmt::format("{}: expected SEG-2's mark 55 3a at its beginning", name()));
  }
  const std::int64_t pointer_bytes = integer_at(4, 2), traces = integer_at(6, 2);
  if (traces == 0 || traces * kPointerBytes > pointer_bytes) {
    throw InputError(fmt::format("{}: number of traces (bytes 7-8) is {} with {} bytes of pointers (bytes 5-6)", name(),
                                 traces, pointer_bytes));
  }
  for (std::int64_t trace = 0; trace < traces; ++trace) {
    blocks_.push_back(read_block(integer_at(kBlockBytes + trace * kPointerBytes, kPointerBytes) & 0xffffffff));
  }
  const std::int64_t strings_begin = kBlockBytes + pointer_bytes;
  const std::int64_t first = std::ranges::min(blocks_, {}, &Block::place).place;
  if (first > strings_begin && first <= file_.size()) {
    strings_ = read_seg2_strings(bytes_at(strings_begin, first - strings_begin), big_endian_);
  }
  find_samples(options);
}

std::vector<std::byte> Seg2File::bytes_at(std::int64_t place, std::int64_t count) const {
  if (place < 0 || place + count > file_.size()) {
    throw InputError(fmt::format("{}: is cut off: it ends at byte {}, but has a block up to {}", name(), file_.size(),
                                 place + count));
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(count));
  file_.read(place, bytes);
  return bytes;
}

std::int64_t Seg2File::integer_at(std::int64_t place, std::int64_t count) const {
  return read_integer(bytes_at(place, count), big_endian_) & ((std::int64_t{1} << (8 * count)) - 1);
}

Seg2File::Block Seg2File::read_block(std::int64_t place) const {
  Block block{.place = place};
  if (place + kBlockBytes > file_.size()) {
    block.problem = fmt::format("is cut off: the file ends at byte {}, its block begins at {}", file_.size(), place);
    return block;
  }
  if (integer_at(place, 2) != kTraceBlock) {
    block.problem = fmt::format("its block at byte {} does not begin with SEG-2's mark 22 44", place);
    return block;
  }
  block.data = block.strings_end = place + integer_at(place + 2, 2);
  block.samples = integer_at(place + 8, 4);
  block.code = static_cast<int>(integer_at(place + 12, 1));
  const std::int64_t bytes = sample_bytes(block.code);
  if (bytes == 0) {
    block.problem = fmt::format("data format code (byte 13 of its block) is {}: expected 1, 2, 4 or 5", block.code);
  } else if (block.samples == 0 || block.data < place + kBlockBytes) {
    block.problem = fmt::format("its block of {} bytes tells {} time samples", block.data - place, block.samples);
  } else if (block.data + block.samples * bytes > file_.size()) {
    block.problem = fmt::format("is cut off: {} of the {} bytes of its time samples are there",
                                std::max<std::int64_t>(0, file_.size() - block.data), block.samples * bytes);
  }
  return block;
}

void Seg2File::find_samples(const ReadOptions& options) {
  for (std::size_t trace = 0; trace < blocks_.size(); ++trace) {
    Block& block = blocks_[trace];
    if (samples_ == 0 && block.problem.empty()) {
      samples_ = block.samples;
      const double found = number(strings_of(static_cast<std::int64_t>(trace)), static_cast<std::int64_t>(trace),
                                  "SAMPLE_INTERVAL", 0.0);
      sample_interval_ = options.sample_interval.value_or(found);
    }
    if (block.problem.empty() && block.samples != samples_) {
      block.problem = fmt::format("has {} time samples, those before it {}", block.samples, samples_);
    }
    if (block.problem.empty()) continue;
    if (!options.lenient) {
      throw InputError(fmt::format("{}: {}", name_of(static_cast<std::int64_t>(trace)), block.problem));
    }
  }
  if (samples_ == 0) throw InputError(fmt::format("{}: {}", name_of(0), blocks_.front().problem));
  if (!seg2_unit(find_seg2_string({}, strings_, "UNITS"))) {
    findings_.push_back({.is_error = true,
                         .text = fmt::format("UNITS is '{}': expected METERS, FEET, INCHES or CENTIMETERS",
                                             find_seg2_string({}, strings_, "UNITS"))});
  }
}

Seg2Strings Seg2File::strings_of(std::int64_t trace) const {
  const Block& block = blocks_[static_cast<std::size_t>(trace)];
  const std::int64_t first = block.place + kBlockBytes;
  return read_seg2_strings(bytes_at(first, block.strings_end - first), big_endian_);
}

double Seg2File::number(const Seg2Strings& strings, std::int64_t trace, std::string_view keyword,
                        double otherwise) const {
  const std::string text = find_seg2_string(strings, strings_, keyword);
  if (text.empty()) return otherwise;
  const std::optional<double> value = decimal_from(text);
  if (value) return *value;
  throw InputError(fmt::format("{}: {} is '{}': expected a number", name_of(trace), keyword, text));
}

Station Seg2File::station(const Seg2Strings& strings, std::int64_t trace, std::string_view keyword) const {
  const std::string text = find_seg2_string(strings, strings_, keyword);
  const double unit = seg2_unit(find_seg2_string(strings, strings_, "UNITS")).value_or(1.0);
  std::istringstream words(text);
  std::vector<double> numbers;
  for (std::string word; words >> word;) {
    const std::optional<double> value = decimal_from(word);
    if (!value) {
      throw InputError(fmt::format("{}: {} is '{}': expected one to three numbers", name_of(trace), keyword, text));
    }
    numbers.push_back(*value * unit);
  }
  numbers.resize(3, 0.0);
  return {numbers[0], numbers[1], 0.0 - numbers[2]};
}

std::string Seg2File::format() const {
  constexpr std::string_view kNames[] = {"", "integers of 2 bytes",    "integers of 4 bytes",
                                         "", "IEEE floats of 4 bytes", "IEEE floats of 8 bytes"};
  const auto whole = std::ranges::find_if(blocks_, [](const Block& block) { return block.problem.empty(); });
  return fmt::format("SEG-2, {}-endian, {}", big_endian_ ? "big" : "little", kNames[whole->code]);
}

std::vector<std::string> Seg2File::text() const {
  std::vector<std::string> lines;
  for (const auto& [keyword, value] : strings_) lines.push_back(fmt::format("{} {}", keyword, value));
  return lines;
}

TraceHeader Seg2File::header(std::int64_t trace) const {
  const Block& block = blocks_[static_cast<std::size_t>(trace)];
  if (!block.problem.empty()) throw InputError(fmt::format("{}: {}", name_of(trace), block.problem));
  const Seg2Strings strings = strings_of(trace);
  TraceHeader result;
  result.record = std::llround(number(strings, trace, "SHOT_SEQUENCE_NUMBER", 0.0));
  result.channel = std::llround(number(strings, trace, "CHANNEL_NUMBER", static_cast<double>(trace + 1)));
  const std::string type = find_seg2_string(strings, strings_, "TRACE_TYPE");
  if (!type.empty() && type != "SEISMIC_DATA") result.kind = TraceKind::kAuxiliary;
  result.source = station(strings, trace, "SOURCE_LOCATION");
  result.receiver = station(strings, trace, "RECEIVER_LOCATION");
  result.delay = options_.delay.value_or(number(strings, trace, "DELAY", 0.0));
  result.sample_interval = number(strings, trace, "SAMPLE_INTERVAL", 0.0);
  result.samples = block.samples;
  return result;
}

void Seg2File::read_trace(std::int64_t trace, std::span<float> out) const {
  const Block& block = blocks_[static_cast<std::size_t>(trace)];
  if (!block.problem.empty()) throw InputError(fmt::format("{}: {}", name_of(trace), block.problem));
  const double factor = number(strings_of(trace), trace, "DESCALING_FACTOR", 1.0);
  const auto size = static_cast<std::size_t>(sample_bytes(block.code));
  const std::vector<std::byte> bytes = bytes_at(block.data, block.samples * static_cast<std::int64_t>(size));
  for (std::size_t k = 0; k < out.size(); ++k) {
    out[k] = static_cast<float>(decode_seg2_sample(block.code, std::span(bytes).subspan(k * size, size), big_endian_) *
                                factor);
  }
}

TraceFormat seg2_traces() {
  return {.endings = {".sg2", ".seg2", ".dat"},
          .knows = is_seg2,
          .open = [](const fs::path& path, const ReadOptions& options) -> std::unique_ptr<TraceFile> {
            return std::make_unique<Seg2File>(path, options);
          }};
}

}  // namespace strataform::field
