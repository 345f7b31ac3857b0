#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/option.h"

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
  /// A number, or a text such as "20%".
  [[nodiscard]] double share(const std::string& key);
  [[nodiscard]] double share(const std::string& key, double fallback);
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
  /// A value of any type, for those who check it themselves.
  [[nodiscard]] nlohmann::json value(const std::string& key);

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

/// Reads an option under its name; where the table has no such key it stays as it is. Throws as the getters do, and
/// InputError for a name that the option does not have.
template <class Options>
void read_option(ConfigTable& table, const io::Option<Options>& option, Options& options) {
  const std::string& key = option.name;
  if (!table.has(key)) return;
  std::visit(
      [&](const auto& member) {
        using Member = std::decay_t<decltype(member)>;
        if constexpr (std::is_same_v<Member, io::NamedMember<Options>>) {
          try {
            member.set(options, key, table.text(key));
          } catch (const UsageError& error) {
            throw InputError(fmt::format("{}: {}", table.where(key), error.what()));
          }
        } else if constexpr (std::is_same_v<Member, bool Options::*>) {
          options.*member = table.flag(key, false);
        } else if constexpr (std::is_same_v<Member, std::int64_t Options::*>) {
          options.*member = table.integer(key, 0);
        } else if constexpr (std::is_same_v<Member, std::string Options::*>) {
          options.*member = table.text(key);
        } else {
          const double number = option.range.is_share ? table.share(key) : table.number(key);
          options.*member = static_cast<std::decay_t<decltype(options.*member)>>(number);
        }
      },
      option.member);
}

}  // namespace strataform::study
