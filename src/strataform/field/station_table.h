#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "strataform/field/trace_header.h"

namespace strataform::field {

/// Positions from a CSV file, for headers that have none or wrong ones. Its first line names the columns, separated by
/// commas: `trace` (from 1), or `record` and `channel`, or one of these two, and any of source_x, source_y,
/// source_elevation, source_depth, receiver_x, receiver_y and receiver_elevation, in metres. Lines that begin with #
/// are comments.
class StationTable {
 public:
  /// Throws InputError, naming the line.
  explicit StationTable(const std::filesystem::path& path);

  /// Sets source and receiver of a trace where the table has it; false where it does not.
  [[nodiscard]] bool apply(std::int64_t trace, TraceHeader& header) const;

 private:
  void read_columns(const std::string& line);
  void read_row(const std::string& line, int number);

  std::filesystem::path path_;
  bool by_trace_ = false, by_record_ = false, by_channel_ = false;
  std::vector<std::string> columns_{};
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<double>> rows_{};
};

}  // namespace strataform::field
