#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "strataform/peft/adapter_options.h"

namespace strataform::app {

/// What an adapter is to be, as the command line gives it.
struct AdapterArguments {
  peft::AdapterOptions adapter;
  std::vector<std::string> rank_patterns;
  std::vector<std::string> alpha_patterns;
};

/// Adds --method, --rank, --target and so on, and the options that single methods have. The defaults are those that
/// arguments hold at the call.
void add_adapter_options(CLI::App& command, AdapterArguments& arguments);

/// With the patterns in place. Throws UsageError.
[[nodiscard]] peft::AdapterOptions adapter_options(const AdapterArguments& arguments);

}  // namespace strataform::app
