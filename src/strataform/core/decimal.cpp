#include "strataform/core/decimal.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace strataform {
namespace {

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  // A plus sign may stand in front of a number, other than for std::from_chars().
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> decimal_from(std::string_view text) {
  // std::from_chars() knows "inf" and "nan", too.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  const std::optional<double> value = number_from<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::int64_t> whole_from(std::string_view text) { return number_from<std::int64_t>(text); }

std::optional<double> share_from(std::string_view text) {
  if (!text.ends_with('%')) return decimal_from(text);
  text.remove_suffix(1);
  const std::optional<double> percent = decimal_from(text);
  return percent ? std::optional(*percent / 100.0) : std::nullopt;
}

}  // namespace strataform
