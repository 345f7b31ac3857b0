#include "number_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "strataform/core/decimal.h"

namespace strataform::app {
namespace {

constexpr const char* kShare = "SHARE";

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
  if (!whole_from(text)) return fmt::format("expected a whole decimal number, found '{}'", text);
  text = without_leading_zeros(text);
  return {};
}

/// Seeds, which may be larger than what is signed. CLI11 by itself takes -1 for the largest.
std::string take_unsigned(std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) {
    return fmt::format("expected a whole decimal number from 0 to {}, found '{}'",
                       std::numeric_limits<std::uint64_t>::max(), text);
  }
  text = without_leading_zeros(text);
  return {};
}

std::string take_decimal(std::string& text) {
  if (decimal_from(text)) return {};
  return fmt::format("expected a decimal number, found '{}'", text);
}

std::string take_share(std::string& text) {
  const std::optional<double> value = share_from(text);
  if (!value) return fmt::format("expected a share such as 0.2 or 20%, found '{}'", text);
  text = fmt::format("{}", *value);
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
  } else if (is("INT")) {
    option.transform(CLI::Validator(take_whole, ""));
  } else if (is("UINT")) {
    option.transform(CLI::Validator(take_unsigned, ""));
  } else if (is("FLOAT")) {
    option.transform(CLI::Validator(take_decimal, ""));
  }
}

}  // namespace

CLI::Option* as_share(CLI::Option* option) { return option->type_name(kShare); }

void take_decimal_numbers(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) take_decimal_numbers_in(*option);
  for (CLI::App* command : app.get_subcommands({})) take_decimal_numbers(*command);
}

}  // namespace strataform::app
