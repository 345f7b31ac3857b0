#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "strataform/core/atomic_file.h"

namespace strataform::io {

/// Parses text that was found in path. Throws InputError, naming path, on a syntax error or a repeated key.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::filesystem::path& path);

/// Throws IoError when the file cannot be read, InputError as parse_json does.
[[nodiscard]] nlohmann::json read_json(const std::filesystem::path& path);

/// On one line where indent is -1. Bytes that are not UTF-8, as names of files can have them, are replaced: that beats
/// losing a whole file.
[[nodiscard]] std::string to_text(const nlohmann::json& value, int indent = -1);

/// Indented by two spaces, keys sorted, with a newline at the end; NaN and infinity become null.
void write_json(const std::filesystem::path& path, const nlohmann::json& value,
                Overwrite overwrite = Overwrite::kRefuse);

/// A log with one JSON value a line, which grows by appending: unlike every other file it must show its lines while
/// the run that writes it goes on, and keep those of the run that it resumes.
class JsonLines {
 public:
  /// Throws IoError when the file cannot be opened for appending.
  explicit JsonLines(const std::filesystem::path& path);
  /// The line is in the file when this returns. Throws IoError when it cannot be written.
  void append(const nlohmann::json& value);

 private:
  std::filesystem::path path_;
  std::ofstream stream_;
};

}  // namespace strataform::io
