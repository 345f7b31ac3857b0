#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/wave/accelerator.h"
#include "strataform/wave/acquisition.h"
#include "strataform/wave/shot_run.h"
#include "strataform/wave/stencil.h"

namespace strataform::wave {

struct PropagatorOptions {
  /// Updates only the cells that a wave from the source can have reached and that can still reach a receiver.
  /// What it leaves out is below 1e-5 of a gather (relative l2).
  bool active_window = true;
  /// nullptr: the fastest kernel of this processor.
  const StencilKernel* kernel = nullptr;
  /// Where forward() and gradient() run all shots of all models side by side, on the whole grid and without threads of
  /// their own: cuda_accelerator(), or nullptr for this processor. born() and illumination() always run on this one.
  std::shared_ptr<Accelerator> accelerator = nullptr;
  /// Threads that the shots are spread over, and in front of each shot whether to stop.
  Context context{};
};

/// An accelerator knows the exact ways alone. There kCheckpoints keeps everything where the memory allows that without
/// leaving the accelerator idle, and memory_bytes is what its runs together may take; 0: most of what is free.
struct GradientOptions {
  WavefieldStorage storage = WavefieldStorage::kCheckpoints;
  std::int64_t every = 4;         ///< n of kEveryNthStep
  std::int64_t memory_bytes = 0;  ///< that all threads together may take for it; 0: as much as they need
};

/// The misfit of one gather [samples, receivers] and, in `derivative`, its derivative with respect to every sample.
/// Called from several threads at once.
template <class Real>
using Misfit = std::function<double(std::int64_t model, std::int64_t shot, std::span<const Real> gather,
                                    std::span<Real> derivative)>;

struct Gradient {
  std::vector<double> misfits;   ///< [count, sources]
  std::vector<double> velocity;  ///< [count, nz, nx], summed over the shots, per m/s
  std::vector<double> wavelet;   ///< [count, sources, samples of the wavelet]
  std::int64_t peak_bytes = 0;   ///< of the wavefields, over all threads
};

/// Constant-density acoustic modelling, p_tt = v^2 (laplace p + w delta), by finite differences of second order in
/// time. With an acquisition's defaults they are those that made the OpenFWI data: fourth order in space, a sponge on
/// all four sides. Indices wrap around at the outer edge of the sponge, as in the original: in the corners a wave along
/// the edge of the model meets little damping, and what wraps around there is seen in the gathers.
///
/// Models are [count, nz, nx] in m/s, gathers [count, sources, samples, receivers]; the first sample is recorded after
/// the first time step. All functions throw UsageError for sizes that do not fit, InputError for a velocity that is not
/// finite and positive, NumericalError for a time step beyond the stability limit and for a wave that diverges, and
/// InterruptedError when the context asks to stop.
class Propagator {
 public:
  /// A model of nz x nx cells. Throws UsageError for an acquisition that does not fit and for fewer than
  /// 8 rows, absorbing cells included.
  Propagator(std::int64_t nz, std::int64_t nx, const Acquisition& acquisition, PropagatorOptions options = {});

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

  [[nodiscard]] const Acquisition& acquisition() const { return survey_.acquisition; }
  [[nodiscard]] const std::vector<double>& wavelet() const { return survey_.wavelet; }
  /// Values of the gathers of one model: sources x samples x receivers.
  [[nodiscard]] std::int64_t gather_size() const;
  /// Cells that a time step updates without an active window, absorbing cells included.
  [[nodiscard]] std::int64_t padded_cells() const { return survey_.grid.rows() * survey_.grid.columns(); }

 private:
  template <class Real, class Work>
  void for_each_shot(std::span<const Real> velocity, std::int64_t tasks, const Work& work) const;
  template <class Real>
  void forward_all(std::span<const Real> velocity, std::int64_t count, std::span<Real> gathers) const;
  template <class Real>
  void born_all(std::span<const Real> velocity, std::span<const Real> change, std::int64_t count,
                std::span<Real> gathers) const;
  template <class Real>
  Gradient gradient_all(std::span<const Real> velocity, std::int64_t count, const Misfit<Real>& misfit,
                        const GradientOptions& options) const;
  [[nodiscard]] GradientPlan plan_for(const GradientOptions& options, std::int64_t value_bytes,
                                      std::int64_t runs) const;
  void require_sizes(std::int64_t count, std::size_t velocities, std::size_t values, std::size_t values_each) const;
  /// How many shots are computed at once.
  [[nodiscard]] std::int64_t runs(std::int64_t count) const;
  [[nodiscard]] std::int64_t shots() const { return std::ssize(survey_.acquisition.sources); }

  Survey survey_;
  std::shared_ptr<Accelerator> accelerator_;
  Context context_;
};

}  // namespace strataform::wave
