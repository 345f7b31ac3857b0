#pragma once

#include <string>

#include "strataform/train/named_tensors.h"

namespace strataform::adapt {

/// The values of tensors at the best moment so far, which training goes back to. What the optimiser knows is among
/// them: its momentum would lead the same way again.
class BestState {
 public:
  explicit BestState(const train::NamedTensors& followed)
      : followed_(followed), best_(train::copies_of(followed, "best.")) {}

  void keep() { train::copy_values(followed_, best_); }
  void restore() {
    const torch::NoGradGuard no_grad;
    train::copy_values(best_, followed_);
  }
  /// "best.<name>", sharing memory.
  [[nodiscard]] const train::NamedTensors& state() const { return best_; }

 private:
  train::NamedTensors followed_;
  train::NamedTensors best_;
};

}  // namespace strataform::adapt
