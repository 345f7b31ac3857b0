#include "adapter_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "described_options.h"
#include "strataform/core/decimal.h"
#include "strataform/core/error.h"

namespace strataform::app {
namespace {

/// "deconv.*=8": a regular expression and what read() makes of a number. The expression may hold '=' itself.
template <class Read>
auto parse_patterns(const std::vector<std::string>& texts, const char* option, Read read) {
  std::vector<std::pair<std::string, typename decltype(read(std::string_view()))::value_type>> patterns;
  for (const std::string& text : texts) {
    const std::size_t split = text.rfind('=');
    const auto value = split == std::string::npos ? std::nullopt : read(std::string_view(text).substr(split + 1));
    if (!value) throw UsageError(fmt::format("{}: expected LAYERS=NUMBER, found '{}'", option, text));
    patterns.emplace_back(text.substr(0, split), *value);
  }
  return patterns;
}

/// An option of some methods alone: what is given is theirs, what is not has the method's default.
void add_own_option(CLI::App& command, const peft::MethodOption& option, peft::AdapterOptions& adapter) {
  const std::string flag = option_name(option.name);
  const auto keep = [name = option.name, &adapter](const auto& value) { adapter.own[name] = value; };
  if (option.fallback.is_boolean()) {
    command.add_flag_callback(flag, [keep] { keep(true); }, option.help);
  } else if (option.fallback.is_number_integer()) {
    command.add_option_function<std::int64_t>(flag, keep, option.help)->default_str(option.fallback.dump());
  } else if (option.fallback.is_number()) {
    command.add_option_function<double>(flag, keep, option.help)->default_str(option.fallback.dump());
  } else {
    command.add_option_function<std::string>(flag, keep, option.help)->default_str(option.fallback);
  }
}

}  // namespace

void add_adapter_options(CLI::App& command, AdapterArguments& arguments) {
  peft::AdapterOptions& adapter = arguments.adapter;
  command
      .add_option("--method", adapter.method,
                  fmt::format("How to adapt it:\n{}", fmt::join(peft::method_summaries(), "\n")))
      ->capture_default_str();
  add_described(command, peft::rank_options(), adapter);
  command.add_option("--rank-pattern", arguments.rank_patterns, "Another rank for some layers: 'deconv.*=8'");
  command.add_option("--alpha-pattern", arguments.alpha_patterns, "Another alpha for some layers: 'deconv.*=16'");
  add_described(command, peft::layer_options(), adapter);
  for (const peft::MethodOption& option : peft::all_own_options()) add_own_option(command, option, adapter);
}

peft::AdapterOptions adapter_options(const AdapterArguments& arguments) {
  peft::AdapterOptions adapter = arguments.adapter;
  adapter.rank_pattern = parse_patterns(arguments.rank_patterns, "--rank-pattern", whole_from);
  adapter.alpha_pattern = parse_patterns(arguments.alpha_patterns, "--alpha-pattern", decimal_from);
  return adapter;
}

}  // namespace strataform::app
