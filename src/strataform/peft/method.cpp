#include "strataform/peft/method.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"
#include "strataform/peft/factories.h"

namespace strataform::peft {

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

const Method& find_method(const std::string& name) {
  std::vector<std::string> names;
  for (const Method& method : methods()) {
    if (method.name == name) return method;
    names.push_back(method.name);
  }
  throw UsageError(unknown_name("method", name, names));
}

bool Method::portable() const {
  return !makes_model() && !marks["peft_type"].get<std::string>().starts_with("STRATAFORM");
}

bool is_portable(const nn::AdaptableLayer& layer) {
  return layer.kind() != nn::LayerKind::kConvTranspose2d && layer.groups() == 1;
}

double alpha_of(const AdapterOptions& options) {
  io::check_all(rank_options(), options);
  return options.alpha.value_or(2.0 * static_cast<double>(options.rank));
}

std::int64_t largest_rank(const nn::AdaptableLayer& layer) {
  const std::int64_t largest = std::max(layer.out_channels(), layer.weight.numel() / layer.out_channels());
  return largest / layer.groups() * layer.groups();
}

void check_rank(const nn::NamedLayer& named, std::int64_t rank) {
  if (rank < 1) throw UsageError(fmt::format("`rank`: expected 1 or more for layer '{}', found {}", named.path, rank));
  const std::int64_t groups = named.layer->groups();
  if (rank % groups != 0) {
    throw UsageError(
        fmt::format("`rank`: expected a multiple of {}, the groups of layer '{}', found {}", groups, named.path, rank));
  }
}

void check_rank_is_of_use(const nn::NamedLayer& named, std::int64_t rank) {
  const std::int64_t largest = largest_rank(*named.layer);
  if (rank > largest) {
    throw UsageError(fmt::format("`rank`: expected 1 to {} for layer '{}', found {}", largest, named.path, rank));
  }
}

torch::Tensor trainable_zeros(const nn::AdaptableLayer& layer, at::IntArrayRef shape) {
  return torch::zeros(shape, layer.weight.options().requires_grad(true));
}

}  // namespace strataform::peft
