// Full fine-tuning: every weight of the network, the reference for all other methods. Its result is a model.
#include "strataform/peft/factories.h"

namespace strataform::peft {

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

}  // namespace strataform::peft
