#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"

namespace strataform::io {

/// What the number of an option must be. Infinity and NaN never are.
struct Range {
  const char* expected = "a finite number";
  bool (*holds)(double) = [](double) { return true; };
  bool is_share = false;  ///< people may write 20% for 0.2
};
inline constexpr Range kZeroOrMore{"zero or more", [](double value) { return value >= 0; }};
inline constexpr Range kAtLeastOne{"at least 1", [](double value) { return value >= 1; }};
inline constexpr Range kPositive{"a positive number", [](double value) { return value > 0; }};
inline constexpr Range kShare{"a share from 0 to 1", [](double value) { return value >= 0 && value <= 1; }, true};
inline constexpr Range kBelowOne{"a number from 0 to below 1", [](double value) { return value >= 0 && value < 1; }};

/// Throws UsageError: "`name`: expected zero or more, found -1".
inline void check_number(const std::string& name, const Range& range, double value) {
  if (std::isfinite(value) && range.holds(value)) return;
  throw UsageError(fmt::format("`{}`: expected {}, found {}", name, range.expected, value));
}

/// An enumeration among the members of Options, under the names that users give its values.
template <class Options>
struct NamedMember {
  std::vector<std::string> names;
  std::function<std::string(const Options&)> get;
  std::function<void(Options&, const std::string& option, const std::string& name)> set;
};

template <class Options, class Kind, std::size_t Count>
NamedMember<Options> named(Kind Options::* member, const Choice<Kind> (&choices)[Count]) {
  return {names_of(choices),
          [member, &choices](const Options& options) { return std::string(name_of(choices, options.*member)); },
          [member, &choices](Options& options, const std::string& option, const std::string& name) {
            options.*member = choose(choices, option, name);
          }};
}

/// An option of a program, described once: from this follow its check, whether a resumed run must have the same value,
/// its option on the command line, its key in a configuration and its entry in the records.
template <class Options>
struct Option {
  using Member = std::variant<bool Options::*, std::int64_t Options::*, std::uint64_t Options::*, double Options::*,
                              std::optional<double> Options::*, std::vector<double> Options::*, std::string Options::*,
                              NamedMember<Options>>;

  std::string name;  ///< "learning_rate"; with dashes on the command line
  std::string help;  ///< one line for people
  Member member;
  Range range{};  ///< of numbers, each of them where they are many
  /// Why a run that goes on may have another value than before: "how often it is looked at". Empty: it must have the
  /// same.
  std::string free_because{};
  std::string key{};       ///< in records, where it is not the name
  std::string opposite{};  ///< of a flag: the option that clears it
  bool is_size = false;    ///< a number of bytes, which people write as 512MB

  [[nodiscard]] const std::string& record_key() const { return key.empty() ? name : key; }
  [[nodiscard]] bool is_identity() const { return free_because.empty(); }
  /// Null for an optional number that is not given.
  [[nodiscard]] nlohmann::json value(const Options& options) const;
  /// Throws UsageError for a value of another type.
  void set(Options& options, const nlohmann::json& value) const;
  /// Throws UsageError, naming the option, what was expected and what was found.
  void check(const Options& options) const;
};

template <class Options>
nlohmann::json Option<Options>::value(const Options& options) const {
  return std::visit(
      [&](const auto& which) -> nlohmann::json {
        if constexpr (std::is_same_v<std::decay_t<decltype(which)>, NamedMember<Options>>) {
          return which.get(options);
        } else if constexpr (std::is_same_v<std::decay_t<decltype(which)>, std::optional<double> Options::*>) {
          return options.*which ? nlohmann::json(*(options.*which)) : nlohmann::json();
        } else {
          return options.*which;
        }
      },
      member);
}

template <class Options>
void Option<Options>::set(Options& options, const nlohmann::json& value) const {
  const auto require = [&](bool fits, const char* expected) {
    if (!fits) throw UsageError(fmt::format("`{}`: expected {}, found {}", name, expected, value.dump()));
  };
  std::visit(
      [&](const auto& which) {
        using Which = std::decay_t<decltype(which)>;
        if constexpr (std::is_same_v<Which, NamedMember<Options>>) {
          require(value.is_string(), "a text");
          which.set(options, name, value.template get<std::string>());
        } else if constexpr (std::is_same_v<Which, std::optional<double> Options::*>) {
          require(value.is_number() || value.is_null(), "a number");
          options.*which = value.is_null() ? std::nullopt : std::optional(value.template get<double>());
        } else {
          using Value = std::decay_t<decltype(options.*which)>;
          if constexpr (std::is_same_v<Value, bool>) require(value.is_boolean(), "true or false");
          if constexpr (std::is_same_v<Value, std::int64_t>) require(value.is_number_integer(), "an integer");
          if constexpr (std::is_same_v<Value, std::uint64_t>) require(value.is_number_unsigned(), "zero or more");
          if constexpr (std::is_same_v<Value, double>) require(value.is_number(), "a number");
          if constexpr (std::is_same_v<Value, std::string>) require(value.is_string(), "a text");
          if constexpr (std::is_same_v<Value, std::vector<double>>) {
            const auto is_number = [](const nlohmann::json& entry) { return entry.is_number(); };
            require(value.is_array() && std::ranges::all_of(value, is_number), "numbers");
          }
          options.*which = value.template get<Value>();
        }
      },
      member);
}

template <class Options>
void Option<Options>::check(const Options& options) const {
  const nlohmann::json found = value(options);
  if (found.is_number()) check_number(name, range, found.get<double>());
  if (found.is_array()) {
    for (const double number : found.get<std::vector<double>>()) check_number(name, range, number);
  }
}

/// All of a table, in its order.
template <class Options>
void check_all(const std::vector<Option<Options>>& described, const Options& options) {
  for (const Option<Options>& option : described) option.check(options);
}

/// The values of a table by their keys: of all, or of those alone that a run which goes on must have again.
template <class Options>
[[nodiscard]] nlohmann::json record_of(const std::vector<Option<Options>>& described, const Options& options) {
  nlohmann::json record = nlohmann::json::object();
  for (const Option<Options>& option : described) record[option.record_key()] = option.value(options);
  return record;
}
template <class Options>
[[nodiscard]] nlohmann::json identity_of(const std::vector<Option<Options>>& described, const Options& options) {
  nlohmann::json record = nlohmann::json::object();
  for (const Option<Options>& option : described) {
    if (option.is_identity()) record[option.record_key()] = option.value(options);
  }
  return record;
}

/// By its name, which must be one of the table.
template <class Options>
[[nodiscard]] const Option<Options>& find_option(const std::vector<Option<Options>>& described, std::string_view name) {
  for (const Option<Options>& option : described) {
    if (option.name == name) return option;
  }
  throw std::logic_error(fmt::format("no option is called {}", name));
}

}  // namespace strataform::io
