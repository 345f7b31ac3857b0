#pragma once

#include <cstdint>
#include <vector>

#include "strataform/core/choice.h"
#include "strataform/refine/objective.h"

namespace strataform::refine {

/// How the learning rate goes on from its first value.
enum class Decay {
  kCosine,    ///< half a cosine, down to almost nothing at the last evaluation
  kConstant,  ///< not at all
};

inline constexpr Choice<Decay> kDecays[] = {{"cosine", Decay::kCosine}, {"constant", Decay::kConstant}};

struct AdamOptions {
  std::int64_t evaluations = 100;  ///< of the objective
  double learning_rate = 1.0;      ///< about the change of every variable in a step
  Decay decay = Decay::kCosine;
  double first_moment = 0.9;    ///< share of the mean gradient that a step keeps
  double second_moment = 0.99;  ///< and of its mean square: 100 steps are few, so that it must forget sooner than usual
  AfterEvaluation after_evaluation = {};
};

/// Adam (Kingma and Ba, 2015): every step is an evaluation, nothing is searched for, and the value may rise on the way.
/// Not train's AdamW, which is LibTorch's kernel: this folder works without LibTorch and in double precision, and the
/// best point counts, not the last.
/// x is where it starts and, afterwards, the best point found. A value that is not finite or ten times the first one
/// counts as diverged and ends it.
Minimum minimise(const Objective& objective, std::vector<double>& x, const AdamOptions& options);

}  // namespace strataform::refine
