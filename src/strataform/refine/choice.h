#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"

namespace strataform::refine {

/// What a user calls one of several kinds.
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

template <class Kind, std::size_t Count>
const char* name_of(const Choice<Kind> (&choices)[Count], Kind kind) {
  for (const Choice<Kind>& choice : choices) {
    if (choice.kind == kind) return choice.name;
  }
  return "";
}

/// Throws UsageError for an unknown name; what ("misfit") is what is chosen.
template <class Kind, std::size_t Count>
Kind choose(const Choice<Kind> (&choices)[Count], const char* what, const std::string& name) {
  for (const Choice<Kind>& choice : choices) {
    if (name == choice.name) return choice.kind;
  }
  const std::vector<std::string> known = names_of(choices);
  throw UsageError(fmt::format("--{}: expected one of {}, found '{}': did you mean '{}'?", what, fmt::join(known, ", "),
                               name, nearest_name(name, known)));
}

}  // namespace strataform::refine
