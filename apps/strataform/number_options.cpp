#include "number_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

namespace strataform::app {
namespace {

constexpr const char* kShare = "SHARE";

/// A plus sign may stand in front of a number, other than for std::from_chars().
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  text = without_plus(text);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "010" and "-010" without what makes CLI11 take them for octal numbers; "0" and "0.5" as they are.
std::string without_leading_zeros(const std::string& text) {
  const std::size_t first = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const auto is_digit = [&](std::size_t index) {
    return index < text.size() && text[index] >= '0' && text[index] <= '9';
  };
  std::size_t kept = first;
  while (is_digit(kept) && text[kept] == '0' && is_digit(kept + 1)) ++kept;
  return text.substr(0, first) + text.substr(kept);
}

// Each of these returns why a text is refused, nothing where it is taken, as CLI::Validator wants it.

std::string take_whole(std::string& text) {
  if (!number_from<std::int64_t>(text) && !number_from<std::uint64_t>(text)) {
    return fmt::format("expected a whole decimal number, found '{}'", text);
  }
  text = without_leading_zeros(text);
  return {};
}

std::string take_decimal(std::string& text) {
  if (decimal_from(text)) return {};
  return fmt::format("expected a decimal number, found '{}'", text);
}

std::string take_share(std::string& text) {
  const bool is_percentage = text.ends_with('%');
  const std::optional<double> value =
      decimal_from(std::string_view(text).substr(0, text.size() - (is_percentage ? 1 : 0)));
  if (!value) return fmt::format("expected a share such as 0.2 or 20%, found '{}'", text);
  if (is_percentage) text = fmt::format("{}", *value / 100.0);
  return {};
}

/// "512MB": CLI11 reads the unit.
std::string take_size(std::string& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || text.starts_with("0x") || text.starts_with("0X")) {
    return fmt::format("expected a size such as 512MB, found '{}'", text);
  }
  text = without_leading_zeros(text);
  return {};
}

void take_decimal_numbers_in(CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto is = [&](std::string_view name) { return type == name || type.starts_with(std::string(name) + ":"); };
  if (type.find(":SIZE") != std::string::npos) {
    option.transform(CLI::Validator(take_size, ""));
  } else if (is(kShare)) {
    option.transform(CLI::Validator(take_share, ""));
  } else if (is("INT") || is("UINT")) {
    option.transform(CLI::Validator(take_whole, ""));
  } else if (is("FLOAT")) {
    option.transform(CLI::Validator(take_decimal, ""));
  }
}

}  // namespace

std::optional<double> decimal_from(std::string_view text) {
  // The digits of what std::from_chars() takes, which knows "inf" and "nan", too.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  const std::optional<double> value = number_from<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::int64_t> whole_from(std::string_view text) { return number_from<std::int64_t>(text); }

CLI::Option* as_share(CLI::Option* option) { return option->type_name(kShare); }

void take_decimal_numbers(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) take_decimal_numbers_in(*option);
  for (CLI::App* command : app.get_subcommands({})) take_decimal_numbers(*command);
}

}  // namespace strataform::app
