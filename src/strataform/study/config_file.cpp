#include "strataform/study/config_file.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>

#include "strataform/core/atomic_file.h"
#include "strataform/core/decimal.h"
#include "strataform/core/error.h"
#include "strataform/core/nearest.h"

namespace strataform::study {
namespace {

using nlohmann::json;

/// TOML as JSON, which is what the rest of the program works with. Lines are kept beside it.
json converted(const toml::node& node, const json::json_pointer& position, std::map<std::string, unsigned>& lines) {
  lines[position.to_string()] = node.source().begin.line;
  if (const toml::table* table = node.as_table()) {
    json object = json::object();
    for (const auto& [key, value] : *table) {
      const std::string name(key.str());
      object[name] = converted(value, position / name, lines);
    }
    return object;
  }
  if (const toml::array* array = node.as_array()) {
    json list = json::array();
    for (const toml::node& value : *array) list.push_back(converted(value, position / list.size(), lines));
    return list;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  return nullptr;  // dates and times, which nothing asks for: every getter refuses null
}

}  // namespace

ConfigTable::ConfigTable(const std::filesystem::path& path) {
  auto file = std::make_shared<File>();
  file->path = path;
  try {
    file->root = converted(toml::parse(read_text_file(path)), json::json_pointer(), file->lines);
  } catch (const toml::parse_error& error) {
    throw InputError(
        fmt::format("{}:{}: expected TOML: {}", path.string(), error.source().begin.line, error.description()));
  }
  file_ = std::move(file);
}

ConfigTable::ConfigTable(std::shared_ptr<const File> file, json::json_pointer position)
    : file_(std::move(file)), position_(std::move(position)) {}

const json* ConfigTable::find(const std::string& key) {
  asked_.insert(key);
  const json::json_pointer place = position_ / key;
  return file_->root.contains(place) ? &file_->root.at(place) : nullptr;
}

const json& ConfigTable::require(const std::string& key) {
  const json* value = find(key);
  if (value != nullptr) return *value;
  std::vector<std::string> unread;
  if (file_->root.contains(position_)) {
    for (const auto& [name, other] : file_->root.at(position_).items()) {
      if (!asked_.contains(name)) unread.push_back(name);
    }
  }
  if (const std::string misspelt = close_name(key, unread); !misspelt.empty()) fail_unknown(misspelt, {key});
  throw InputError(fmt::format("{}: expected a value, found none", where(key)));
}

void ConfigTable::fail_unknown(const std::string& key, const std::vector<std::string>& known) const {
  throw InputError(fmt::format("{}: unknown key: did you mean '{}'?", where(key), nearest_name(key, known)));
}

std::string ConfigTable::where(const std::string& key) const {
  auto line = file_->lines.find((position_ / key).to_string());
  if (line == file_->lines.end()) line = file_->lines.find(position_.to_string());
  // A table that is not in the file has no line.
  if (line == file_->lines.end() || line->second == 0) return fmt::format("{}: {}", file_->path.string(), key);
  return fmt::format("{}:{}: {}", file_->path.string(), line->second, key);
}

void ConfigTable::fail(const std::string& key, const std::string& expected) const {
  const json::json_pointer place = position_ / key;
  throw InputError(fmt::format("{}: expected {}, found {}", where(key), expected, file_->root.at(place).dump()));
}

template <class T>
T ConfigTable::read(const std::string& key, const json& value) const {
  if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) fail(key, "a text");
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) fail(key, "true or false");
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    if (!value.is_number_integer()) fail(key, "an integer");
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) fail(key, "a finite number");
  } else {
    if (!value.is_array() || value.empty()) fail(key, "a list of numbers");
    for (const json& entry : value) (void)read<typename T::value_type>(key, entry);
  }
  return value.get<T>();
}

template <class T>
T ConfigTable::read_or(const std::string& key, const T& fallback) {
  const json* value = find(key);
  return value == nullptr ? fallback : read<T>(key, *value);
}

std::string ConfigTable::text(const std::string& key) { return read<std::string>(key, require(key)); }
std::string ConfigTable::text(const std::string& key, const std::string& fallback) {
  return read_or<std::string>(key, fallback);
}
double ConfigTable::number(const std::string& key) { return read<double>(key, require(key)); }
double ConfigTable::number(const std::string& key, double fallback) { return read_or<double>(key, fallback); }
double ConfigTable::share(const std::string& key) {
  const json& value = require(key);
  if (!value.is_string()) return read<double>(key, value);
  const std::optional<double> share = share_from(value.get<std::string>());
  if (!share) fail(key, "a share such as 0.2 or \"20%\"");
  return *share;
}
double ConfigTable::share(const std::string& key, double fallback) { return has(key) ? share(key) : fallback; }
std::int64_t ConfigTable::integer(const std::string& key, std::int64_t fallback) {
  return read_or<std::int64_t>(key, fallback);
}
bool ConfigTable::flag(const std::string& key, bool fallback) { return read_or<bool>(key, fallback); }
std::vector<double> ConfigTable::numbers(const std::string& key, const std::vector<double>& fallback) {
  return read_or<std::vector<double>>(key, fallback);
}
std::vector<std::int64_t> ConfigTable::integers(const std::string& key) {
  return read<std::vector<std::int64_t>>(key, require(key));
}
std::vector<std::int64_t> ConfigTable::integers(const std::string& key, const std::vector<std::int64_t>& fallback) {
  return read_or<std::vector<std::int64_t>>(key, fallback);
}

ConfigTable ConfigTable::table(const std::string& key) {
  const json* value = find(key);
  if (value != nullptr && !value->is_object()) fail(key, fmt::format("a table [{}]", key));
  return {file_, position_ / key};
}

std::vector<ConfigTable> ConfigTable::tables(const std::string& key) {
  std::vector<ConfigTable> tables;
  const json* value = find(key);
  if (value == nullptr) return tables;
  const bool all_tables =
      value->is_array() && std::ranges::all_of(*value, [](const json& one) { return one.is_object(); });
  if (!all_tables) fail(key, fmt::format("tables [[{}]]", key));
  for (std::size_t index = 0; index < value->size(); ++index) {
    tables.push_back(ConfigTable(file_, position_ / key / index));
  }
  return tables;
}

bool ConfigTable::has(const std::string& key) { return find(key) != nullptr; }

json ConfigTable::value(const std::string& key) { return require(key); }

void ConfigTable::finish() const {
  if (!file_->root.contains(position_)) return;
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& [key, value] : file_->root.at(position_).items()) {
    if (!asked_.contains(key)) fail_unknown(key, known);
  }
}

}  // namespace strataform::study
