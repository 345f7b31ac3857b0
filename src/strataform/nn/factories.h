#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "strataform/nn/backbone.h"

namespace strataform::nn {

// Declares every function that backbones.def names, for the registry and for the files that define and describe them.
#define STRATAFORM_BACKBONE(name, factory) \
  [[nodiscard]] std::shared_ptr<Backbone> factory(const nlohmann::json& options);
#include "strataform/nn/backbones.def"
#undef STRATAFORM_BACKBONE

}  // namespace strataform::nn
