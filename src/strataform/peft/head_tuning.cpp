// Tuning of the last `blocks` blocks of the network; everything before them stays as it is.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/peft/factories.h"

namespace strataform::peft {
namespace {

OwnTensors last_blocks(const nn::Backbone& backbone, const AdapterOptions& options) {
  std::vector<std::string> blocks;
  for (const auto& child : backbone.named_children()) {
    if (!child.value()->parameters().empty()) blocks.push_back(child.key());
  }
  const auto count = static_cast<std::int64_t>(blocks.size());
  if (options.blocks < 1 || options.blocks > count) {
    throw UsageError(
        fmt::format("blocks: expected 1 to {} for backbone '{}', found {}", count, backbone.name(), options.blocks));
  }
  OwnTensors own;
  for (auto block = blocks.end() - options.blocks; block != blocks.end(); ++block) {
    for (const auto& parameter : backbone.named_children()[*block]->named_parameters()) {
      own.parameters.emplace_back(*block + "." + parameter.key(), parameter.value());
    }
  }
  return own;
}

}  // namespace

Method head_method() {
  Method method;
  method.name = "head";
  method.summary = "the last blocks of the network";
  method.marks = {{"peft_type", "STRATAFORM_HEAD"}};
  method.own_tensors = last_blocks;
  return method;
}

}  // namespace strataform::peft
