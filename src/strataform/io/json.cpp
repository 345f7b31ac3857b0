#include "strataform/io/json.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/file_kind.h"
#include "strataform/io/mapped_file.h"

namespace strataform::io {
namespace {

using nlohmann::json;

constexpr int kDeepestJson = 100;

/// The library's message without its leading "[json.exception…] ".
std::string_view plain_message(const json::exception& error) {
  const std::string_view message = error.what();
  const std::size_t end = message.find("] ");
  return end == std::string_view::npos ? message : message.substr(end + 2);
}

}  // namespace

std::string to_text(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

json parse_json(std::string_view text, const std::filesystem::path& path) {
  // The library keeps the last of repeated keys; the sets of the objects that are open tell them.
  std::vector<std::set<std::string>> open_keys;
  const auto refuse_repeated_keys = [&](int depth, json::parse_event_t event, const json& parsed) {
    // Writing it would go as deep into the stack.
    if (depth > kDeepestJson) {
      throw InputError(fmt::format("{}: the JSON is nested more than {} times", path.string(), kDeepestJson));
    }
    if (event == json::parse_event_t::object_start) {
      open_keys.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      open_keys.pop_back();
    } else if (event == json::parse_event_t::key && !open_keys.back().insert(parsed.get<std::string>()).second) {
      throw InputError(fmt::format("{}: the JSON key {} is repeated", path.string(), to_text(parsed)));
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), refuse_repeated_keys);
  } catch (const json::exception& error) {
    throw InputError(fmt::format("{}: expected JSON: {}", path.string(), plain_message(error)));
  }
}

json read_json(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::span<const std::byte> content = file.bytes();
  if (detect_file_kind(content) == FileKind::kNpy || content.empty()) {
    throw InputError(fmt::format("{}: expected JSON, found {}", path.string(), describe_content(content)));
  }
  return parse_json({reinterpret_cast<const char*>(content.data()), content.size()}, path);
}

void write_json(const std::filesystem::path& path, const json& value, Overwrite overwrite) {
  write_text_file(path, to_text(value, 2) + "\n", overwrite);
}

JsonLines::JsonLines(const std::filesystem::path& path) : path_(path), stream_(path, std::ios::app | std::ios::binary) {
  if (!stream_) throw IoError(fmt::format("{}: cannot be opened: {}", path_.string(), std::strerror(errno)));
}

void JsonLines::append(const json& value) {
  stream_ << to_text(value) << '\n' << std::flush;
  if (!stream_) throw IoError(fmt::format("{}: cannot be written: {}", path_.string(), std::strerror(errno)));
}

}  // namespace strataform::io
