#include "option_names.h"

#include <algorithm>

namespace strataform::app {
namespace {

/// Whether the program, its command that runs or a command of that one has an option.
bool has_option(const CLI::App& program, const std::string& option) {
  if (program.get_option_no_throw(option) != nullptr) return true;
  return std::ranges::any_of(program.get_subcommands(),
                             [&](const CLI::App* command) { return has_option(*command, option); });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace

std::string option_name(std::string_view name) {
  std::string option = "--" + std::string(name);
  std::ranges::replace(option, '_', '-');
  return option;
}

std::string with_option_names(const CLI::App& program, std::string_view message) {
  std::string text;
  while (!message.empty()) {
    const std::size_t open = std::min(message.find('`'), message.size());
    text += message.substr(0, open);
    message.remove_prefix(open);
    if (message.empty()) break;
    const std::size_t close = message.find('`', 1);
    const std::string_view name = close == std::string_view::npos ? "" : message.substr(1, close - 1);
    if (is_name(name) && has_option(program, option_name(name))) {
      text += option_name(name);
      message.remove_prefix(close + 1);
    } else {
      text += '`';
      message.remove_prefix(1);
    }
  }
  return text;
}

}  // namespace strataform::app
