#pragma once

#include <cstdint>
#include <span>

#include "strataform/core/context.h"
#include "strataform/wave/device/accelerated_batch.h"
#include "strataform/wave/gradient.h"

namespace strataform::wave {

/// All shots of some models on an accelerator, in as many batches as its memory asks for. Misfits and the folding of
/// the padding into the models are the host's part, on its threads.
template <class Real>
class AcceleratedRuns {
 public:
  /// velocity: [count, nz, nx]. What is passed has to outlive it.
  AcceleratedRuns(const Setup& setup, Accelerator& accelerator, std::span<const Real> velocity, std::int64_t count,
                  const Context& context);

  /// See Propagator.
  void forward(std::span<Real> gathers) const;
  [[nodiscard]] Gradient gradient(const Misfit<Real>& misfit, const GradientOptions& options) const;

 private:
  struct Plan {
    std::int64_t runs, segment;
  };
  [[nodiscard]] std::int64_t runs() const { return count_ * shots_; }
  [[nodiscard]] std::int64_t budget(std::int64_t asked_bytes) const;
  /// Runs of a batch. Throws UsageError where not even one fits.
  [[nodiscard]] std::int64_t runs_within(std::int64_t budget_bytes, std::int64_t bytes_per_run) const;
  [[nodiscard]] Plan plan_for(const GradientOptions& options) const;
  /// The gather of a run among those of all models, [samples, its receivers].
  [[nodiscard]] std::span<Real> gather_of(std::span<Real> gathers, std::int64_t run) const;
  /// Adds what the runs from first_run on have found.
  void add(const typename AcceleratedBatch<Real>::Derivatives& found, std::int64_t first_run, Gradient& gradient) const;

  AcceleratedSurvey<Real> survey_;
  std::span<const Real> velocity_;
  std::int64_t count_, shots_;
  const Context& context_;
};

}  // namespace strataform::wave
