#include "strataform/peft/adapter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"
#include "strataform/peft/lora.h"

namespace strataform::peft {

namespace {

Method full_method() {
  return {.name = "full", .summary = "all weights of the network: the reference", .file_type = "", .adapt = nullptr};
}

std::vector<std::string> paths_of(const nn::Backbone& backbone) {
  std::vector<std::string> paths;
  for (const nn::NamedLayer& named : backbone.adaptable_layers()) paths.push_back(named.path);
  return paths;
}

std::vector<std::string> select_layers(const nn::Backbone& backbone, const AdapterOptions& options) {
  if (find_method(options.method).adapt) {
    return match_layers(backbone, options.target.empty() ? backbone.default_targets() : options.target);
  }
  if (!options.target.empty()) {
    throw UsageError(fmt::format("target: method '{}' trains every layer and takes no target, found '{}'",
                                 options.method, options.target));
  }
  return {};
}

}  // namespace

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {lora_method(), full_method()};
  return all;
}

const Method& find_method(const std::string& name) {
  std::vector<std::string> names;
  for (const Method& method : methods()) {
    if (method.name == name) return method;
    names.push_back(method.name);
  }
  throw UsageError(fmt::format("unknown method '{}': did you mean '{}'? Known methods: {}", name,
                               nearest_name(name, names), fmt::join(names, ", ")));
}

std::vector<std::string> match_layers(const nn::Backbone& backbone, const std::string& target) {
  const std::vector<std::string> paths = paths_of(backbone);
  std::vector<std::string> matches;
  try {
    const std::regex expression(target);
    std::copy_if(paths.begin(), paths.end(), std::back_inserter(matches),
                 [&](const std::string& path) { return std::regex_match(path, expression); });
  } catch (const std::regex_error& error) {
    throw UsageError(fmt::format("target: expected a regular expression, found '{}' ({})", target, error.what()));
  }
  if (matches.empty()) {
    throw UsageError(fmt::format("target: '{}' matches none of the layers of '{}': {}", target, backbone.name(),
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
  if (!method_->adapt) return;
  for (const nn::NamedLayer& named : backbone_->adaptable_layers()) {
    if (std::find(paths.begin(), paths.end(), named.path) == paths.end()) continue;
    Random random(options_.seed, stream_of(named.path.c_str()));
    layers_.push_back({named, method_->adapt(named, options_, random), {}});
  }
  // Nothing below throws: a backbone is adapted whole or not at all.
  for (const torch::Tensor& parameter : backbone_->parameters()) parameter.set_requires_grad(false);
  for (const Layer& layer : layers_) layer.base.layer->set_adapter(layer.adapted);
}

Adapter::~Adapter() {
  unmerge();
  for (const Layer& layer : layers_) layer.base.layer->set_adapter(nullptr);
  for (const torch::Tensor& parameter : backbone_->parameters()) parameter.set_requires_grad(true);
}

std::vector<std::pair<std::string, torch::Tensor>> Adapter::trainable() const {
  std::vector<std::pair<std::string, torch::Tensor>> result;
  if (!method_->adapt) {
    for (const auto& item : backbone_->named_parameters()) result.emplace_back(item.key(), item.value());
  }
  for (const Layer& layer : layers_) {
    for (auto& [name, tensor] : layer.adapted->named_tensors()) {
      result.emplace_back(layer.base.path + "." + name, tensor);
    }
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
  if (merged_) return;
  if (!method_->merges) {
    throw UsageError(
        fmt::format("method '{}' is not linear in the weights and cannot be merged into them", method_->name));
  }
  for (Layer& layer : layers_) {
    nn::AdaptableLayer& base = *layer.base.layer;
    layer.original = base.weight.detach();
    base.weight.set_data(layer.adapted->merged_weight(base));
    base.set_adapter(nullptr);
  }
  merged_ = true;
}

void Adapter::unmerge() {
  if (!merged_) return;
  for (Layer& layer : layers_) {
    layer.base.layer->weight.set_data(layer.original);
    layer.base.layer->set_adapter(layer.adapted);
    layer.original = torch::Tensor();
  }
  merged_ = false;
}

}  // namespace strataform::peft
