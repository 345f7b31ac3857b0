#pragma once

#include <regex>
#include <string>

namespace strataform::peft {

/// A regular expression of layer paths. Whoever wrote it, an adapter's file for example, cannot make matching take
/// forever: libstdc++ matches in polynomial time where it is told to, and limits an expression's states by itself.
/// Throws std::regex_error for what is no regular expression, or one with back-references.
inline std::regex layer_pattern(const std::string& expression) {
#ifdef __GLIBCXX__
  return std::regex(expression, std::regex::ECMAScript | std::regex_constants::__polynomial);
#else
  return std::regex(expression);
#endif
}

}  // namespace strataform::peft
