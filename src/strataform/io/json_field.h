#pragma once

#include <fmt/format.h>

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "strataform/core/error.h"

namespace strataform::io {

/// A member of a JSON object as a T. Throws InputError, naming where and the member, when it is missing or of
/// another type; the library by itself would turn 2.5 or true into an integer.
template <typename T>
T json_field(const nlohmann::json& object, const char* member, const std::string& where) {
  if (!object.is_object()) {
    throw InputError(fmt::format("{}: expected a JSON object, found {}", where, object.type_name()));
  }
  const auto found = object.find(member);
  if (found == object.end()) throw InputError(fmt::format("{}: expected a member \"{}\", found none", where, member));
  bool fits = true;
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    fits = std::is_unsigned_v<T> ? found->is_number_unsigned() : found->is_number_integer();
  }
  if constexpr (std::floating_point<T>) fits = found->is_number();
  try {
    if (fits) return found->get<T>();
  } catch (const nlohmann::json::exception&) {
    fits = false;
  }
  throw InputError(fmt::format("{}: the member \"{}\" has the wrong type: {}", where, member, found->dump()));
}

}  // namespace strataform::io
