#include "strataform/refine/penalised_misfit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "strataform/core/error.h"

namespace strataform::refine {
namespace {

const survey::Grid& grid_of(const FrequencyStage& stage) { return stage.propagator().modelling().grid; }

}  // namespace

PenalisedMisfit::PenalisedMisfit(const FrequencyStage& stage, const RefineOptions& options,
                                 std::span<const float> first)
    : stage_(stage), options_(options),
      variation_(RoughnessKind::kTotalVariation, grid_of(stage).nz, grid_of(stage).nx, first),
      squares_(RoughnessKind::kTikhonov, grid_of(stage).nz, grid_of(stage).nx, first) {}

double PenalisedMisfit::evaluate(std::span<const float> velocity, std::vector<double>& gradient) {
  double value = std::numeric_limits<double>::infinity();
  try {
    wave::Gradient found = stage_.gradient(velocity);
    if (std::ranges::all_of(found.velocity, [](double entry) { return std::isfinite(entry); })) {
      value = std::accumulate(found.misfits.begin(), found.misfits.end(), 0.0);
    }
    gradient = std::move(found.velocity);
  } catch (const NumericalError&) {
    value = std::numeric_limits<double>::infinity();
  }
  if (!std::isfinite(value)) {
    gradient.assign(velocity.size(), 0.0);
    return value;
  }
  if (scale_ == 0.0) scale_ = value > 0.0 ? 1.0 / value : 1.0;
  for (double& entry : gradient) entry *= scale_;
  share_ = scale_ * value;
  double rough = variation_.add(velocity, options_.total_variation, gradient);
  rough += squares_.add(velocity, options_.tikhonov, gradient);
  return share_ + rough;
}

GaussNewton PenalisedMisfit::matrix_at(std::span<const float> velocity, const Context& context) const {
  const wave::Propagator& propagator = stage_.propagator();
  GaussNewton matrix(velocity, survey::with_wavelet(propagator.modelling(), propagator.wavelet()), context);
  matrix.set(scale_);
  matrix.add(variation_, velocity, options_.total_variation);
  matrix.add(squares_, velocity, options_.tikhonov);
  return matrix;
}

}  // namespace strataform::refine
