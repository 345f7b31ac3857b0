#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "number_options.h"
#include "option_names.h"
#include "strataform/io/option.h"

namespace strataform::app {

inline constexpr double kBytesOfGiB = 1024.0 * 1024.0 * 1024.0;

/// Adds an option as it is described; its default is the value that options hold at the call. options must outlive the
/// command.
template <class Options>
CLI::Option* add_described(CLI::App& command, const io::Option<Options>& option, Options& options) {
  const std::string flag = option_name(option.name);
  const std::string help = with_option_names(command, option.help);
  return std::visit(
      [&](const auto& member) -> CLI::Option* {
        using Member = std::decay_t<decltype(member)>;
        if constexpr (std::is_same_v<Member, io::NamedMember<Options>>) {
          const auto set = [member, name = option.name, &options](const std::string& text) {
            member.set(options, name, text);
          };
          return command.add_option_function<std::string>(flag, set, help)->default_str(member.get(options));
        } else if constexpr (std::is_same_v<Member, bool Options::*>) {
          const std::string off = option.opposite.empty() ? "" : ",!" + option_name(option.opposite);
          CLI::Option* added = command.add_flag(flag + off, options.*member, help);
          if (!option.opposite.empty())
            added->default_str(option_name(options.*member ? option.name : option.opposite).substr(2));
          return added;
        } else if constexpr (std::is_same_v<Member, std::optional<double> Options::*>) {
          return command.add_option(flag, options.*member, help);
        } else if constexpr (std::is_same_v<Member, std::vector<double> Options::*>) {
          return command.add_option(flag, options.*member, help)->delimiter(',')->capture_default_str();
        } else {
          CLI::Option* added = command.add_option(flag, options.*member, help)->capture_default_str();
          if (option.is_size) {
            added->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
            added->default_str(fmt::format("{:g}GiB", option.value(options).template get<double>() / kBytesOfGiB));
          }
          if (option.range.is_share) as_share(added);
          return added;
        }
      },
      option.member);
}

/// Adds all of a table, in its order.
template <class Options>
void add_described(CLI::App& command, const std::vector<io::Option<Options>>& described, Options& options) {
  for (const io::Option<Options>& option : described) add_described(command, option, options);
}

/// Adds those of a table that are chosen, in its order.
template <class Options>
void add_described(CLI::App& command, const std::vector<io::Option<Options>>& described, Options& options,
                   const std::function<bool(const std::string& name)>& is_chosen) {
  for (const io::Option<Options>& option : described) {
    if (is_chosen(option.name)) add_described(command, option, options);
  }
}

}  // namespace strataform::app
