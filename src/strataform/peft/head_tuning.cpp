// Tuning of the last `blocks` blocks of the network; everything before them stays as it is.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/peft/factories.h"

namespace strataform::peft {
namespace {

struct HeadOptions {
  std::int64_t blocks = 1;
};

const std::vector<io::Option<HeadOptions>>& head_options() {
  static const std::vector<io::Option<HeadOptions>> options = {
      {"blocks", "Last blocks that head trains", &HeadOptions::blocks, io::kAtLeastOne}};
  return options;
}

OwnTensors last_blocks(const nn::Backbone& backbone, const AdapterOptions& options) {
  const std::int64_t wanted = read_own(head_options(), options).blocks;
  std::vector<std::string> blocks;
  for (const auto& child : backbone.named_children()) {
    if (!child.value()->parameters().empty()) blocks.push_back(child.key());
  }
  const auto count = static_cast<std::int64_t>(blocks.size());
  if (wanted < 1 || wanted > count) {
    throw UsageError(
        fmt::format("`blocks`: expected 1 to {} for backbone '{}', found {}", count, backbone.name(), wanted));
  }
  OwnTensors own;
  for (auto block = blocks.end() - wanted; block != blocks.end(); ++block) {
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
  method.options = described(head_options());
  method.own_tensors = last_blocks;
  return method;
}

}  // namespace strataform::peft
