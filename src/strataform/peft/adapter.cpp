#include "strataform/peft/adapter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "strataform/core/error.h"
#include "strataform/peft/layer_pattern.h"

namespace strataform::peft {

namespace {

std::vector<std::string> paths_of(const nn::Backbone& backbone) {
  std::vector<std::string> paths;
  for (const nn::NamedLayer& named : backbone.adaptable_layers()) paths.push_back(named.path);
  return paths;
}

std::vector<std::string> matching(const std::vector<std::string>& paths, const std::string& expression,
                                  const char* option) {
  std::vector<std::string> matches;
  try {
    const std::regex compiled = layer_pattern(expression);
    std::ranges::copy_if(paths, std::back_inserter(matches),
                         [&](const std::string& path) { return std::regex_match(path, compiled); });
  } catch (const std::regex_error& error) {
    throw UsageError(
        fmt::format("{}: expected a regular expression, found '{}' ({})", option, expression, error.what()));
  }
  return matches;
}

/// A pattern without a layer is a slip of the pen.
template <class Pattern>
void check_patterns(const Pattern& patterns, const std::vector<std::string>& paths, const char* option) {
  for (const auto& [expression, value] : patterns) {
    if (matching(paths, expression, option).empty()) {
      throw UsageError(
          fmt::format("{}: '{}' matches none of the adapted layers: {}", option, expression, fmt::join(paths, ", ")));
    }
  }
}

void check_ranks(const nn::Backbone& backbone, const AdapterOptions& options, const std::vector<std::string>& paths) {
  for (const nn::NamedLayer& named : backbone.adaptable_layers()) {
    const bool is_selected = std::ranges::find(paths, named.path) != paths.end();
    if (is_selected) check_rank_is_of_use(named, options.for_layer(named.path).rank);
  }
}

std::vector<std::string> select_layers(const nn::Backbone& backbone, const AdapterOptions& options) {
  const Method& method = find_method(options.method);
  if (options.hf_only && !method.portable()) {
    throw UsageError(fmt::format("method '{}' is not one of Hugging Face PEFT's", method.name));
  }
  if (!method.adapt) {
    if (options.target.empty()) return {};
    throw UsageError(
        fmt::format("`target`: method '{}' trains the network's own tensors and takes no target, found '{}'",
                    method.name, options.target));
  }
  std::vector<std::string> paths =
      match_layers(backbone, options.target.empty() ? backbone.default_targets() : options.target);
  for (const nn::NamedLayer& named : backbone.adaptable_layers()) {
    if (options.hf_only && !is_portable(*named.layer)) std::erase(paths, named.path);
  }
  if (paths.empty()) throw UsageError("`target`: none of these layers can be adapted by Hugging Face PEFT");
  check_patterns(options.rank_pattern, paths, "`rank_pattern`");
  check_patterns(options.alpha_pattern, paths, "`alpha_pattern`");
  // Not every method looks at them, but the adapter's file has them: better told now than after the training.
  for (const std::string& path : paths) (void)alpha_of(options.for_layer(path));
  if (method.has_rank) check_ranks(backbone, options, paths);
  return paths;
}

}  // namespace

std::vector<std::string> match_layers(const nn::Backbone& backbone, const std::string& target) {
  const std::vector<std::string> paths = paths_of(backbone);
  std::vector<std::string> matches = matching(paths, target, "`target`");
  if (matches.empty()) {
    throw UsageError(fmt::format("`target`: '{}' matches none of the layers of '{}': {}", target, backbone.name(),
                                 fmt::join(paths, ", ")));
  }
  return matches;
}

std::string to_string(const TrainableReport& report, const std::string& method) {
  return fmt::format("{}: {} of {} parameters are trained ({:.2f} %){}, {:.2f} MB", method,
                     nn::format_count(report.trainable), nn::format_count(report.base), 100.0 * report.share(),
                     report.layers > 0 ? fmt::format(" in {} layers", report.layers) : "",
                     static_cast<double>(report.bytes) * 1e-6);
}

Adapter::Adapter(const std::shared_ptr<nn::Backbone>& backbone, const AdapterOptions& options)
    : Adapter(backbone, options, select_layers(*backbone, options)) {}

Adapter::Adapter(std::shared_ptr<nn::Backbone> backbone, AdapterOptions options, const std::vector<std::string>& paths)
    : backbone_(std::move(backbone)), options_(std::move(options)), method_(&find_method(options_.method)) {
  check(options_);
  if (method_->adapt) {
    adapt_layers(paths);
  } else {
    take_own_tensors();
  }
  activate();
}

void Adapter::adapt_layers(const std::vector<std::string>& paths) {
  for (const nn::NamedLayer& named : backbone_->adaptable_layers()) {
    if (std::ranges::find(paths, named.path) == paths.end()) continue;
    Random random(options_.seed, stream_of(named.path.c_str()));
    const AdapterOptions own = options_.for_layer(named.path);
    layers_.push_back({named, method_->adapt(named, own, random), own, {}});
  }
}

void Adapter::take_own_tensors() {
  const OwnTensors own = method_->own_tensors(*backbone_, options_);
  const auto take = [&](const NamedTensors& tensors, bool is_parameter) {
    for (const auto& [name, tensor] : tensors) {
      // A method that makes a model has nothing to go back to.
      own_.push_back({name, tensor, method_->makes_model() ? tensor : tensor.detach().clone(), is_parameter});
    }
  };
  take(own.parameters, true);
  take(own.statistics, false);
}

Adapter::~Adapter() {
  deactivate();
  for (const torch::Tensor& parameter : backbone_->parameters()) parameter.set_requires_grad(true);
}

void Adapter::swap_own_tensors() {
  if (method_->makes_model()) return;
  // Exchanged, not copied: another network may share the memory of the original values.
  for (OwnTensor& own : own_) {
    const torch::Tensor kept = own.tensor.detach();
    own.tensor.set_data(own.other);
    own.other = kept;
  }
}

void Adapter::activate() {
  if (active_) return;
  for (const Layer& layer : layers_) {
    if (layer.base.layer->adapter()) {
      throw UsageError(fmt::format("layer '{}' has another active adapter; deactivate that first", layer.base.path));
    }
  }
  swap_own_tensors();
  for (const torch::Tensor& parameter : backbone_->parameters()) parameter.set_requires_grad(false);
  for (const Layer& layer : layers_) layer.base.layer->set_adapter(layer.adapted);
  for (const OwnTensor& own : own_) own.tensor.set_requires_grad(own.is_parameter);
  active_ = true;
}

void Adapter::deactivate() {
  if (!active_) return;
  unmerge();
  for (const Layer& layer : layers_) layer.base.layer->set_adapter(nullptr);
  for (const OwnTensor& own : own_) own.tensor.set_requires_grad(false);
  swap_own_tensors();
  active_ = false;
}

NamedTensors Adapter::trainable() const {
  NamedTensors result;
  for (const OwnTensor& own : own_) {
    if (own.is_parameter) result.emplace_back(own.name, own.tensor);
  }
  for (const Layer& layer : layers_) {
    for (auto& [name, tensor] : layer.adapted->named_tensors()) {
      result.emplace_back(layer.base.path + "." + name, tensor);
    }
  }
  return result;
}

NamedTensors Adapter::state() const {
  NamedTensors result = trainable();
  for (const OwnTensor& own : own_) {
    if (!own.is_parameter) result.emplace_back(own.name, own.tensor);
  }
  return result;
}

TrainableReport Adapter::report() const {
  TrainableReport report;
  report.base = nn::parameter_count(*backbone_);
  report.layers = static_cast<std::int64_t>(layers_.size());
  for (const auto& [name, tensor] : trainable()) report.trainable += tensor.numel();
  report.bytes = report.trainable * static_cast<std::int64_t>(sizeof(float));
  return report;
}

void Adapter::merge() {
  if (!method_->unmergeable.empty()) {
    throw UsageError(
        fmt::format("method '{}' cannot be merged into the weights: {}", method_->name, method_->unmergeable));
  }
  activate();
  if (merged_) return;
  const torch::NoGradGuard no_grad;
  // All of them first: where one fails, none is changed.
  std::vector<MergedLayer> merged_layers;
  for (const Layer& layer : layers_) merged_layers.push_back(layer.adapted->merged(*layer.base.layer));
  for (std::size_t index = 0; index < layers_.size(); ++index) {
    Layer& layer = layers_[index];
    const MergedLayer& merged = merged_layers[index];
    nn::AdaptableLayer& base = *layer.base.layer;
    layer.original = {base.weight.detach(), base.bias.defined() ? base.bias.detach() : base.bias};
    base.weight.set_data(merged.weight);
    if (base.bias.defined()) {
      base.bias.set_data(merged.bias);
    } else {
      base.bias = merged.bias;  // in memory only: the layer has no place for it in a model file
    }
    base.set_adapter(nullptr);
  }
  merged_ = true;
}

void Adapter::unmerge() {
  if (!merged_) return;
  for (Layer& layer : layers_) {
    nn::AdaptableLayer& base = *layer.base.layer;
    base.weight.set_data(layer.original.weight);
    if (layer.original.bias.defined()) {
      base.bias.set_data(layer.original.bias);
    } else {
      base.bias = torch::Tensor();
    }
    base.set_adapter(layer.adapted);
    layer.original = {};
  }
  merged_ = false;
}

std::int64_t rank_within(const std::shared_ptr<nn::Backbone>& backbone, const AdapterOptions& options, double share) {
  if (!(share > 0.0 && share <= 1.0)) {
    throw UsageError(fmt::format("`budget`: expected more than 0 and at most 100 % of the parameters, found {:.4g} %",
                                 100.0 * share));
  }
  const Method& method = find_method(options.method);
  const auto share_at = [&](std::int64_t rank) {
    AdapterOptions trial = options;
    trial.rank = rank;
    return Adapter(backbone, trial).report().share();
  };
  std::int64_t step = 1;
  for (const nn::NamedLayer& named : backbone->adaptable_layers()) step = std::lcm(step, named.layer->groups());
  const double first = share_at(step);
  if (first > share) {
    throw UsageError(fmt::format("`budget`: method '{}' trains at least {:.3g} % of the parameters, more than {:.3g} %",
                                 method.name, 100.0 * first, 100.0 * share));
  }
  if (!method.has_rank) return options.rank;
  // Some layer may be too small for a rank.
  const auto is_possible = [&](std::int64_t steps) {
    try {
      (void)share_at(steps * step);
      return true;
    } catch (const UsageError&) {
      return false;
    }
  };
  if (!is_possible(2)) return step;
  const double second = share_at(2 * step);
  if (second <= first) return step;  // the patterns leave no layer to the rank
  // Every further rank costs the same, so that a straight line through two gives the answer.
  std::int64_t largest = 1 + static_cast<std::int64_t>((share - first) / (second - first) * (1.0 + 1e-12));
  for (std::int64_t possible = 1; possible < largest;) {
    const std::int64_t middle = (possible + largest + 1) / 2;
    if (is_possible(middle)) {
      possible = middle;
    } else {
      largest = middle - 1;
    }
  }
  return step * largest;
}

}  // namespace strataform::peft
