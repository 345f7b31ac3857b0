#include "strataform/field/station_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string_view>

#include "strataform/core/decimal.h"
#include "strataform/core/error.h"

namespace strataform::field {
namespace {

constexpr std::array<std::string_view, 10> kColumnNames{
    "trace",        "record",     "channel",    "source_x",          "source_y", "source_elevation",
    "source_depth", "receiver_x", "receiver_y", "receiver_elevation"};

std::vector<std::string> split_at_commas(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char character : line) {
    if (character == ',') {
      cells.emplace_back();
    } else if (character != ' ' && character != '\t' && character != '\r') {
      cells.back() += character;
    }
  }
  return cells;
}

void set_place(const std::string& column, double value, TraceHeader& header) {
  if (column == "source_x") header.source.x = value;
  if (column == "source_y") header.source.y = value;
  if (column == "source_elevation") header.source.z -= value;
  if (column == "source_depth") header.source.z += value;
  if (column == "receiver_x") header.receiver.x = value;
  if (column == "receiver_y") header.receiver.y = value;
  if (column == "receiver_elevation") header.receiver.z = 0.0 - value;
}

}  // namespace

StationTable::StationTable(const std::filesystem::path& path) : path_(path) {
  std::ifstream file(path);
  if (!file) throw IoError(fmt::format("{}: cannot be read", path.string()));
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    if (columns_.empty()) {
      read_columns(line);
    } else {
      read_row(line, number);
    }
  }
  if (rows_.empty()) throw InputError(fmt::format("{}: expected a line of column names and positions", path.string()));
}

void StationTable::read_columns(const std::string& line) {
  columns_ = split_at_commas(line);
  for (const std::string& column : columns_) {
    if (std::ranges::find(kColumnNames, column) == kColumnNames.end()) {
      throw InputError(
          fmt::format("{}: column '{}': expected {}", path_.string(), column, fmt::join(kColumnNames, ", ")));
    }
    by_trace_ = by_trace_ || column == "trace";
    by_record_ = by_record_ || column == "record";
    by_channel_ = by_channel_ || column == "channel";
  }
  if (!by_trace_ && !by_record_ && !by_channel_) {
    throw InputError(fmt::format("{}: expected a column trace, record or channel", path_.string()));
  }
}

void StationTable::read_row(const std::string& line, int number) {
  const std::vector<std::string> cells = split_at_commas(line);
  if (cells.size() != columns_.size()) {
    throw InputError(fmt::format("{}: line {}: expected {} values, found {}", path_.string(), number, columns_.size(),
                                 cells.size()));
  }
  std::vector<double> values;
  std::pair<std::int64_t, std::int64_t> key{};
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const std::optional<double> value = decimal_from(cells[k]);
    if (!value) {
      throw InputError(
          fmt::format("{}: line {}: {} is '{}': expected a number", path_.string(), number, columns_[k], cells[k]));
    }
    values.push_back(*value);
    if (columns_[k] == "trace" || (columns_[k] == "record" && !by_trace_)) key.first = std::llround(*value);
    if (columns_[k] == "channel" && !by_trace_) key.second = std::llround(*value);
  }
  if (!rows_.emplace(key, std::move(values)).second) {
    throw InputError(fmt::format("{}: line {}: stands there twice", path_.string(), number));
  }
}

bool StationTable::apply(std::int64_t trace, TraceHeader& header) const {
  std::pair<std::int64_t, std::int64_t> key{};
  if (by_trace_) key.first = trace + 1;
  if (!by_trace_ && by_record_) key.first = header.record;
  if (!by_trace_ && by_channel_) key.second = header.channel;
  const auto row = rows_.find(key);
  if (row == rows_.end()) return false;
  header.source = header.receiver = {};
  for (std::size_t k = 0; k < columns_.size(); ++k) set_place(columns_[k], row->second[k], header);
  return true;
}

}  // namespace strataform::field
