#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"

namespace strataform {

/// A value of an enumeration and what users and files call it. A table of them, one constexpr array for each
/// enumeration, is what its names are read from and written by.
template <class Kind>
struct Choice {
  const char* name;
  Kind kind;
};

template <class Kind, std::size_t Count>
std::vector<std::string> names_of(const Choice<Kind> (&choices)[Count]) {
  std::vector<std::string> names;
  for (const Choice<Kind>& choice : choices) names.emplace_back(choice.name);
  return names;
}

/// Empty for a value that the table does not have.
template <class Kind, std::size_t Count>
constexpr const char* name_of(const Choice<Kind> (&choices)[Count], Kind kind) {
  for (const Choice<Kind>& choice : choices) {
    if (choice.kind == kind) return choice.name;
  }
  return "";
}

template <class Kind, std::size_t Count>
constexpr std::optional<Kind> find_choice(const Choice<Kind> (&choices)[Count], std::string_view name) {
  for (const Choice<Kind>& choice : choices) {
    if (name == choice.name) return choice.kind;
  }
  return std::nullopt;
}

/// The value of that name. Throws UsageError for an unknown one; option ("misfit") is what was to be chosen.
template <class Kind, std::size_t Count>
Kind choose(const Choice<Kind> (&choices)[Count], std::string_view option, std::string_view name) {
  if (const std::optional<Kind> kind = find_choice(choices, name)) return *kind;
  throw UsageError(fmt::format("`{}`: {}", option, expected_one_of(names_of(choices), name)));
}

}  // namespace strataform
