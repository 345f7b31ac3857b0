#include "strataform/peft/method.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <stdexcept>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"
#include "strataform/peft/factories.h"

namespace strataform::peft {

AdapterOptions AdapterOptions::for_layer(const std::string& path) const {
  const auto matches = [&](const auto& pattern) { return std::regex_match(path, std::regex(pattern.first)); };
  AdapterOptions own = *this;
  own.rank_pattern.clear();
  own.alpha_pattern.clear();
  const auto rank_of_layer = std::ranges::find_if(rank_pattern, matches);
  if (rank_of_layer != rank_pattern.end()) own.rank = rank_of_layer->second;
  const auto alpha_of_layer = std::ranges::find_if(alpha_pattern, matches);
  if (alpha_of_layer != alpha_pattern.end()) own.alpha = alpha_of_layer->second;
  return own;
}

MergedLayer AdaptedLayer::merged(const nn::AdaptableLayer& /*layer*/) const {
  throw std::logic_error("a layer of a method that cannot be merged was asked for its weights");
}

Method full_method() {
  Method method;
  method.name = "full";
  method.summary = "all weights of the network: the reference";
  method.own_tensors = [](const nn::Backbone& backbone, const AdapterOptions& /*options*/) {
    OwnTensors own;
    for (const auto& item : backbone.named_parameters()) own.parameters.emplace_back(item.key(), item.value());
    return own;
  };
  return method;
}

const std::vector<Method>& methods() {
#define STRATAFORM_METHOD(factory) factory(),
  static const std::vector<Method> all = {
#include "strataform/peft/methods.def"
  };
#undef STRATAFORM_METHOD
  return all;
}

std::vector<std::string> method_summaries() {
  std::vector<std::string> lines;
  for (const Method& method : methods()) lines.push_back(fmt::format("{}: {}", method.name, method.summary));
  return lines;
}

const Method& find_method(const std::string& name) {
  std::vector<std::string> names;
  for (const Method& method : methods()) {
    if (method.name == name) return method;
    names.push_back(method.name);
  }
  throw UsageError(unknown_name("method", name, names));
}

void check_method(const std::string& name) { (void)find_method(name); }

bool Method::portable() const {
  return !makes_model() && !marks["peft_type"].get<std::string>().starts_with("STRATAFORM");
}

bool is_portable(const nn::AdaptableLayer& layer) {
  return layer.kind() != nn::LayerKind::kConvTranspose2d && layer.groups() == 1;
}

double alpha_of(const AdapterOptions& options) {
  if (options.rank < 1) throw UsageError(fmt::format("rank: expected at least 1, found {}", options.rank));
  const double alpha = options.alpha.value_or(2.0 * static_cast<double>(options.rank));
  if (!std::isfinite(alpha) || alpha <= 0.0) {
    throw UsageError(fmt::format("alpha: expected a positive number, found {}", alpha));
  }
  return alpha;
}

double scale_of(const AdapterOptions& options) {
  const double alpha = alpha_of(options);
  const auto rank = static_cast<double>(options.rank);
  return alpha / (options.rank_stabilised ? std::sqrt(rank) : rank);
}

std::int64_t largest_rank(const nn::AdaptableLayer& layer) {
  const std::int64_t largest = std::max(layer.out_channels(), layer.weight.numel() / layer.out_channels());
  return largest / layer.groups() * layer.groups();
}

void check_rank(const nn::NamedLayer& named, std::int64_t rank) {
  if (rank < 1) throw UsageError(fmt::format("rank: expected 1 or more for layer '{}', found {}", named.path, rank));
  const std::int64_t groups = named.layer->groups();
  if (rank % groups != 0) {
    throw UsageError(
        fmt::format("rank: expected a multiple of {}, the groups of layer '{}', found {}", groups, named.path, rank));
  }
}

void check_rank_is_of_use(const nn::NamedLayer& named, std::int64_t rank) {
  const std::int64_t largest = largest_rank(*named.layer);
  if (rank > largest) {
    throw UsageError(fmt::format("rank: expected 1 to {} for layer '{}', found {}", largest, named.path, rank));
  }
}

torch::Tensor trainable_zeros(const nn::AdaptableLayer& layer, at::IntArrayRef shape) {
  return torch::zeros(shape, layer.weight.options().requires_grad(true));
}

}  // namespace strataform::peft
