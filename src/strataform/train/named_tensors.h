#pragma once

#include <string>

#include "strataform/nn/named_tensors.h"

namespace strataform::train {

using nn::NamedTensors;

inline NamedTensors joined(NamedTensors first, const NamedTensors& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

inline NamedTensors copies_of(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) copies.emplace_back(prefix + name, tensor.detach().clone());
  return copies;
}

/// Both in the same order.
inline void copy_values(const NamedTensors& from, const NamedTensors& to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i].second.detach().copy_(from[i].second);
}

}  // namespace strataform::train
