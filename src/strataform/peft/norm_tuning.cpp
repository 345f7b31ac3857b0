// Tuning of the normalisations: scale and shift of every BatchNorm and LayerNorm (Frankle et al., 2021, for BatchNorm),
// with `statistics` also BatchNorm's running mean and variance.
#include <fmt/format.h>

#include "strataform/core/error.h"
#include "strataform/peft/factories.h"

namespace strataform::peft {
namespace {

struct NormOptions {
  bool statistics = false;
};

const std::vector<io::Option<NormOptions>>& norm_options() {
  static const std::vector<io::Option<NormOptions>> options = {
      {"statistics", "norm: BatchNorm's statistics follow the new data, too", &NormOptions::statistics}};
  return options;
}

bool is_batch_norm(const torch::nn::Module& module) {
  return module.as<torch::nn::BatchNorm1dImpl>() != nullptr || module.as<torch::nn::BatchNorm2dImpl>() != nullptr;
}

OwnTensors normalisations(const nn::Backbone& backbone, const AdapterOptions& options) {
  const bool with_statistics = read_own(norm_options(), options).statistics;
  OwnTensors own;
  for (const auto& item : backbone.named_modules("", /*include_self=*/false)) {
    const torch::nn::Module& module = *item.value();
    if (!is_batch_norm(module) && module.as<torch::nn::LayerNormImpl>() == nullptr) continue;
    for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
      own.parameters.emplace_back(item.key() + "." + parameter.key(), parameter.value());
    }
    if (!with_statistics) continue;
    for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
      if (buffer.key() == "num_batches_tracked") continue;  // with a fixed momentum nothing depends on it
      own.statistics.emplace_back(item.key() + "." + buffer.key(), buffer.value());
    }
  }
  if (own.parameters.empty()) {
    throw UsageError(fmt::format("method 'norm': backbone '{}' has no normalisation to train", backbone.name()));
  }
  return own;
}

}  // namespace

Method norm_method() {
  Method method;
  method.name = "norm";
  method.summary = "scale and shift of the normalisations";
  method.marks = {{"peft_type", "STRATAFORM_NORM"}};
  method.options = described(norm_options());
  method.own_tensors = normalisations;
  return method;
}

}  // namespace strataform::peft
