#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/refine/frequency_stage.h"
#include "strataform/refine/gauss_newton.h"
#include "strataform/refine/options.h"
#include "strataform/refine/roughness.h"

namespace strataform::refine {

/// What a stage makes small: its misfit, as a share of what it is at first, and the weighted roughnesses.
class PenalisedMisfit {
 public:
  /// `first`, [nz, nx] in m/s, is the model whose roughness counts as 1 (see Roughness). The stage and the options must
  /// outlive this.
  PenalisedMisfit(const FrequencyStage& stage, const RefineOptions& options, std::span<const float> first);

  /// Overwrites the gradient, per m/s. Infinity and no gradient where the wave diverges, which optimisers know how to
  /// deal with.
  double evaluate(std::span<const float> velocity, std::vector<double>& gradient);
  /// The misfit's share in the last value.
  [[nodiscard]] double share() const { return share_; }
  /// The stage's misfit times this is the share. 0 before the first evaluation.
  [[nodiscard]] double scale() const { return scale_; }
  /// The Gauss-Newton matrix of all terms.
  [[nodiscard]] GaussNewton matrix_at(std::span<const float> velocity, const Context& context = {}) const;

 private:
  const FrequencyStage& stage_;
  const RefineOptions& options_;
  Roughness variation_, squares_;
  double scale_ = 0.0;
  double share_ = 1.0;
};

}  // namespace strataform::refine
