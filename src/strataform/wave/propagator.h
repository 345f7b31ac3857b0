#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/survey/modelling.h"
#include "strataform/wave/gradient.h"

namespace strataform::wave {

class Accelerator;
struct GradientPlan;
struct Setup;
struct VelocityRange;

struct PropagatorOptions {
  /// Updates only the cells that a wave from the source can have reached and that can still reach a receiver.
  /// What it leaves out is below 1e-5 of a gather (relative l2). Without it every shot is modelled in the whole model,
  /// unless the scheme has an aperture.
  bool active_window = true;
  /// One of instruction_sets(); empty: the fastest.
  std::string instruction_set{};
  /// Where forward() and gradient() run all shots of all models side by side, in the whole model and without threads of
  /// their own: cuda_accelerator(), or nullptr for this processor. born() and illumination() always run on this one.
  std::shared_ptr<Accelerator> accelerator = nullptr;
  /// Threads that the shots are spread over, and in front of each shot whether to stop.
  Context context{};
};

/// Those of this processor that the stencil is compiled for, the fastest first: "avx512", "avx2", "portable".
std::vector<std::string> instruction_sets();

/// Constant-density acoustic modelling, p_tt = v^2 (laplace p + w delta), by finite differences of second order in
/// time. With survey::openfwi() they are those that made the OpenFWI data: fourth order in space, a sponge on all four
/// sides. Indices wrap around at the outer edge of the sponge, as in the original: in the corners a wave along the edge
/// of the model meets little damping, and what wraps around there is seen in the gathers.
///
/// Models are [count, nz, nx] in m/s. The gathers of a model are its shots one after another, each [samples, its
/// receivers]: [count, shots, samples, receivers] where every shot has as many. The first sample is recorded one sample
/// interval after the source begins. A place that does not lie on a cell's centre is interpolated (engine/footprint.h).
///
/// Each shot is modelled in its own columns of the model: as far to either side as a wave can go and still come back to
/// a receiver within the record, or as the scheme's aperture says. The absorber's strength follows from the velocities
/// of the whole model. All functions throw UsageError for sizes that do not fit, InputError for a velocity that is not
/// finite and positive, NumericalError for a time step beyond the stability limit and for a wave that diverges, and
/// InterruptedError when the context asks to stop.
class Propagator {
 public:
  /// Throws UsageError for a modelling that does not fit (see check.h), for fewer than 8 rows, absorbing cells
  /// included, and for an instruction set that this processor does not have.
  explicit Propagator(const survey::Modelling& modelling, PropagatorOptions options = {});

  /// Overwrites the gathers.
  void forward(std::span<const float> velocity, std::int64_t count, std::span<float> gathers) const;
  void forward(std::span<const double> velocity, std::int64_t count, std::span<double> gathers) const;

  /// The Born operator: the derivative of the gathers in the direction of a change of the models, [count, nz, nx] in
  /// m/s. The sponge, whose strength follows from the smallest velocity, is held fixed.
  void born(std::span<const float> velocity, std::span<const float> change, std::int64_t count,
            std::span<float> gathers) const;
  void born(std::span<const double> velocity, std::span<const double> change, std::int64_t count,
            std::span<double> gathers) const;

  /// The derivatives of a misfit by the discrete adjoint of this very scheme, edge padding included; the sponge is held
  /// fixed. With an active window it is the adjoint up to what the window leaves out. The amplitude's derivative is
  /// the wavelet's, weighted with the wavelet. Throws UsageError for a memory budget that is too small and for storage
  /// that an accelerator does not know.
  [[nodiscard]] Gradient gradient(std::span<const float> velocity, std::int64_t count, const Misfit<float>& misfit,
                                  const GradientOptions& options = {}) const;
  [[nodiscard]] Gradient gradient(std::span<const double> velocity, std::int64_t count, const Misfit<double>& misfit,
                                  const GradientOptions& options = {}) const;

  /// Throws UsageError where gradient() of so many models in single precision would for its memory budget.
  void check_memory(const GradientOptions& options, std::int64_t count) const;

  /// How strongly the sources light each cell of one model, [nz, nx]: the diagonal of what the gradient's Hessian would
  /// be if every cell were a receiver (Shin, Jang and Min, 2001), for scaling updates. Costs a forward run.
  [[nodiscard]] std::vector<double> illumination(std::span<const float> velocity) const;

  [[nodiscard]] const survey::Modelling& modelling() const;
  /// What the source sends out, one value for each time step.
  [[nodiscard]] const std::vector<double>& wavelet() const;
  [[nodiscard]] std::int64_t shots() const;
  /// Values of the gathers of one model.
  [[nodiscard]] std::int64_t gather_size() const;
  /// Where a shot's gather begins in those of a model; for shots() where the last one ends.
  [[nodiscard]] std::int64_t gather_start(std::int64_t shot) const;
  /// Cells that a time step of a shot updates without an active window, absorbing cells included, in a model whose
  /// largest velocity is this, in m/s.
  [[nodiscard]] std::int64_t padded_cells(std::int64_t shot, double fastest) const;

 private:
  template <class Real, class Work>
  void for_each_shot(std::span<const Real> velocity, const std::vector<VelocityRange>& ranges, std::int64_t tasks,
                     const Work& work) const;
  template <class Real>
  void forward_all(std::span<const Real> velocity, std::int64_t count, std::span<Real> gathers) const;
  template <class Real>
  void born_all(std::span<const Real> velocity, std::span<const Real> change, std::int64_t count,
                std::span<Real> gathers) const;
  template <class Real>
  Gradient gradient_all(std::span<const Real> velocity, std::int64_t count, const Misfit<Real>& misfit,
                        const GradientOptions& options) const;
  /// For models in which the fastest wave travels so many cells in a time step.
  [[nodiscard]] GradientPlan plan_for(const GradientOptions& options, std::int64_t value_bytes, std::int64_t runs,
                                      double cells_per_step) const;
  void require_sizes(std::int64_t count, std::size_t velocities, std::size_t values, std::size_t values_each) const;
  /// How many shots are computed at once.
  [[nodiscard]] std::int64_t runs(std::int64_t count) const;

  std::shared_ptr<const Setup> setup_;
  std::shared_ptr<Accelerator> accelerator_;
  Context context_;
};

}  // namespace strataform::wave
