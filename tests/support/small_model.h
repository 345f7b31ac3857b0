#pragma once

#include "strataform/model/model.h"
#include "strataform/nn/backbone.h"

namespace strataform::test {

/// An InversionNet with few channels and random weights: it reads OpenFWI's gathers and is quick.
inline model::Model small_model(std::uint64_t seed = 1) {
  model::Model model;
  model.backbone = nn::make_backbone("inversionnet", {{"widths", {2, 2, 4, 4, 8}}}, seed);
  model.backbone->eval();
  model.fingerprint = model::fingerprint_of(*model.backbone);
  return model;
}

}  // namespace strataform::test
