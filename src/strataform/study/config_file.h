#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace strataform::study {

/// A table of a TOML file. It remembers what was asked for, so that finish() finds the keys that nobody reads.
///
/// All getters throw InputError, naming file and line, for a value of another type; those without a fallback do so for
/// a missing key.
class ConfigTable {
 public:
  /// The whole file. Throws IoError, and InputError with the line of a syntax error.
  explicit ConfigTable(const std::filesystem::path& path);

  [[nodiscard]] std::string text(const std::string& key);
  [[nodiscard]] std::string text(const std::string& key, const std::string& fallback);
  [[nodiscard]] double number(const std::string& key);
  [[nodiscard]] double number(const std::string& key, double fallback);
  [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t fallback);
  [[nodiscard]] bool flag(const std::string& key, bool fallback);
  [[nodiscard]] std::vector<double> numbers(const std::string& key, const std::vector<double>& fallback);
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& key);
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& key, const std::vector<std::int64_t>& fallback);
  /// [key]; an empty table where there is none.
  [[nodiscard]] ConfigTable table(const std::string& key);
  /// All [[key]].
  [[nodiscard]] std::vector<ConfigTable> tables(const std::string& key);
  [[nodiscard]] bool has(const std::string& key);

  /// Throws InputError for the first key that nobody asked for, with the nearest one that somebody did.
  void finish() const;

  /// "studies/paper.toml:12: noise_db", for messages about a value.
  [[nodiscard]] std::string where(const std::string& key) const;

 private:
  struct File {
    std::filesystem::path path;
    nlohmann::json root;
    std::map<std::string, unsigned> lines;  ///< of each value, by its JSON pointer
  };

  ConfigTable(std::shared_ptr<const File> file, nlohmann::json::json_pointer position);
  [[nodiscard]] const nlohmann::json* find(const std::string& key);
  [[nodiscard]] const nlohmann::json& require(const std::string& key);
  [[noreturn]] void fail(const std::string& key, const std::string& expected) const;
  [[noreturn]] void fail_unknown(const std::string& key, const std::vector<std::string>& known) const;
  template <class T>
  [[nodiscard]] T read(const std::string& key, const nlohmann::json& value) const;
  template <class T>
  [[nodiscard]] T read_or(const std::string& key, const T& fallback);

  std::shared_ptr<const File> file_;
  nlohmann::json::json_pointer position_;
  std::set<std::string> asked_;
};

}  // namespace strataform::study
