#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "strataform/nn/backbone.h"

namespace strataform::nn {

/// InversionNet (Wu and Lin, 2020) with the module names of the OpenFWI scripts (Deng et al., 2022), so that their
/// checkpoints load key by key: x [batch, 5, 1000, 70] to [batch, 1, 70, 70].
///
/// Options: shots (5); widths ([32, 64, 128, 256, 512], the channels dim1 to dim5 of the scripts).
[[nodiscard]] std::shared_ptr<Backbone> make_inversionnet(const nlohmann::json& options);

}  // namespace strataform::nn
