#include "strataform/peft/adapter_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "strataform/core/error.h"
#include "strataform/peft/layer_pattern.h"
#include "strataform/peft/method.h"

namespace strataform::peft {
namespace {

const MethodOption* find_own(const Method& method, const std::string& name) {
  const auto found = std::ranges::find(method.options, name, &MethodOption::name);
  return found == method.options.end() ? nullptr : &*found;
}

[[noreturn]] void fail_not_of_method(const Method& method, const std::string& name) {
  std::vector<std::string> owners;
  for (const Method& other : methods()) {
    if (find_own(other, name) != nullptr) owners.push_back(other.name);
  }
  if (owners.empty()) throw UsageError(fmt::format("no method has an option `{}`", name));
  throw UsageError(
      fmt::format("`{}`: method '{}' has no such option, it is one of {}", name, method.name, fmt::join(owners, ", ")));
}

}  // namespace

AdapterOptions AdapterOptions::for_layer(const std::string& path) const {
  const auto matches = [&](const auto& pattern) { return std::regex_match(path, layer_pattern(pattern.first)); };
  AdapterOptions layer = *this;
  layer.rank_pattern.clear();
  layer.alpha_pattern.clear();
  const auto rank_of_layer = std::ranges::find_if(rank_pattern, matches);
  if (rank_of_layer != rank_pattern.end()) layer.rank = rank_of_layer->second;
  const auto alpha_of_layer = std::ranges::find_if(alpha_pattern, matches);
  if (alpha_of_layer != alpha_pattern.end()) layer.alpha = alpha_of_layer->second;
  return layer;
}

const std::vector<io::Option<AdapterOptions>>& layer_options() {
  static const std::vector<io::Option<AdapterOptions>> options = {
      {"target", "Regular expression of layer paths (default: the backbone's own)", &AdapterOptions::target},
      {"hf_only", "Only layers that Hugging Face PEFT can adapt", &AdapterOptions::hf_only}};
  return options;
}

const std::vector<io::Option<AdapterOptions>>& rank_options() {
  static const std::vector<io::Option<AdapterOptions>> options = {
      {"rank", "Rank of low-rank methods, width of bottlenecks", &AdapterOptions::rank, io::kAtLeastOne},
      {"alpha", "Scale of the adapter is alpha / rank (default: twice the rank)", &AdapterOptions::alpha,
       io::kPositive}};
  return options;
}

const std::vector<MethodOption>& own_options(const std::string& method) { return find_method(method).options; }

std::vector<MethodOption> all_own_options() {
  std::vector<MethodOption> all;
  for (const Method& method : methods()) {
    for (const MethodOption& option : method.options) {
      if (std::ranges::find(all, option.name, &MethodOption::name) == all.end()) all.push_back(option);
    }
  }
  return all;
}

void check(const AdapterOptions& options) {
  const Method& method = find_method(options.method);
  for (const auto& [name, value] : options.own.items()) {
    const MethodOption* option = find_own(method, name);
    if (option == nullptr) fail_not_of_method(method, name);
    option->check(value);
  }
}

nlohmann::json to_json(const AdapterOptions& options) {
  const Method& method = find_method(options.method);
  nlohmann::json json = {{"method", options.method}};
  if (method.adapt) {
    json.update(io::record_of(layer_options(), options));
    json["adapter_seed"] = options.seed;
  }
  if (method.has_rank) {
    json.update(io::record_of(rank_options(), options));
    json.update({{"rank_pattern", options.rank_pattern}, {"alpha_pattern", options.alpha_pattern}});
  }
  for (const MethodOption& option : method.options) json[option.name] = options.own.value(option.name, option.fallback);
  return json;
}

void check_method(const std::string& name) { (void)find_method(name); }

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const Method& method : methods()) names.push_back(method.name);
  return names;
}

std::vector<std::string> method_summaries() {
  std::vector<std::string> lines;
  for (const Method& method : methods()) lines.push_back(fmt::format("{}: {}", method.name, method.summary));
  return lines;
}

}  // namespace strataform::peft
