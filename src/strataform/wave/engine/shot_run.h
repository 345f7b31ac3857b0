#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "strataform/wave/engine/boundary_strips.h"
#include "strataform/wave/engine/checkpoints.h"
#include "strataform/wave/engine/medium.h"
#include "strataform/wave/engine/setup.h"
#include "strataform/wave/engine/sweep.h"
#include "strataform/wave/gradient.h"

namespace strataform::wave {

/// The arrays of a run, kept from shot to shot.
template <class Real>
struct ShotWorkspace {
  Medium<Real> medium;
  Wavefield<Real> field;
  Wavefield<Real> second_field;                 ///< of the adjoint or the scattered wave
  std::vector<Wavefield<Real>> checkpoints;     ///< in front of every segment but the first and the last
  std::vector<AlignedVector<Real>> laplacians;  ///< of the steps of a segment
  std::optional<BoundaryStrips<Real>> strips;
  AlignedVector<Real> image;       ///< sum over time of q L p
  AlignedVector<Real> scattering;  ///< of the Born operator: the change of (v dt / dx)^2

  [[nodiscard]] std::int64_t bytes() const;
};

/// How a shot's gradient is computed.
struct GradientPlan {
  WavefieldStorage storage;
  std::int64_t segment;  ///< steps between checkpoints, a multiple of kStepsPerSweep
  std::int64_t every;    ///< n of kEveryNthStep
};

/// Throws NumericalError for a gather that is not finite.
template <class Real>
void require_finite(std::span<const Real> gather);

/// One shot in the workspace's medium, which is that of the layout's grid, around the model or a part of it. With a =
/// (v dt / dx)^2, L the stencil and k the sponge's damping, a step is
///
///   p_n+1 = (2 - k) p_n - (1 - k) p_n-1 + a L p_n + a_s dx^2 w_n at the source,    d_n = p_n+1 at the receivers.
///
/// L is symmetric, so that for a misfit with derivatives g_n = dJ/dd_n the adjoint states l_n = dJ/dp_n obey the same
/// recursion backwards in time, driven by g at the receivers. In q = a l it is the very same step,
///
///   q_n+1 = (2 - k) q_n+2 - (1 - k) q_n+3 + a L q_n+2 + a g_n at the receivers,
///
/// and dJ/da = sum over n of q_n+1 / a L p_n, with dx^2 w_n q_n+1 / a more at the source, dJ/dw_n = dx^2 q_n+1 there.
/// The perfectly matched layer is a symmetric operator, too, with a memory in time that is the same in every cell's
/// own past (see stencil_row.inl), and a mirrored row's part is symmetric: all of it holds there as well.
template <class Real>
class ShotRun {
 public:
  ShotRun(const Setup& setup, const ShotLayout& layout, ShotWorkspace<Real>& workspace);

  /// gather: [samples, receivers]. Throws NumericalError where it is not finite.
  void forward(std::span<Real> gather);
  /// What the band's rows record of it, added to a gather of zeros that is not checked. Several threads may run bands
  /// of one shot: of the workspace it only reads the medium.
  void forward(const Band<Real>& band, std::span<Real> gather) const;
  /// The cells of each row of the padded grid that are updated, summed over a sample of the steps.
  [[nodiscard]] std::vector<std::int64_t> work_of_rows() const;

  /// The derivative of the gather in the direction of a change of the model, [rows, columns] as the grid has it without
  /// its padding, in m/s.
  void born(std::span<const Real> model_change, std::span<Real> gather);

  /// Where the forward wave makes a change of the model felt: sum over time of (2 / v L p)^2 on the padded grid, added
  /// to what belongs to each cell of `sum`, [rows, columns] of the model.
  void add_illumination(std::vector<double>& sum);

  struct Derivatives {
    double misfit = 0.0;
    std::vector<double> velocity;  ///< [rows, columns] of the model, per m/s
    std::vector<double> wavelet;   ///< one for each sample of the wavelet
  };
  /// Fills the derivative of the misfit with respect to the gather, which is zero, and returns the misfit.
  using GatherMisfit = std::function<double(std::span<const Real> gather, std::span<Real> derivative)>;
  Derivatives gradient(const GradientPlan& plan, const GatherMisfit& misfit_of);

 private:
  /// A cell of the source: its share times (v dt)^2.
  struct SourceCell {
    std::int64_t row, column;
    double weight, scale;
  };

  [[nodiscard]] Window window_at(std::int64_t step) const;
  /// Steps of the forward wave in the active window, recording into the gather unless it is empty.
  template <class LaplacianAt>
  void run_forward(std::int64_t first, std::int64_t end, std::span<Real> gather, LaplacianAt laplacian_at);
  /// The adjoint of steps end - 1 down to first. laplacian_of(step): L p of the forward wave, or null where the step
  /// adds nothing to the image.
  template <class LaplacianOf>
  void run_adjoint(std::int64_t first, std::int64_t end, std::span<const Real> adjoint_source, LaplacianOf laplacian_of,
                   Derivatives& derivatives);

  // The ways to keep the forward wave: each fills the gather, asks for the derivative and images.
  template <class MisfitOf>
  void between_checkpoints(std::int64_t segment, std::span<Real> gather, MisfitOf misfit_of, Derivatives& derivatives);
  template <class MisfitOf>
  void every_nth_step(std::int64_t every, std::span<Real> gather, MisfitOf misfit_of, Derivatives& derivatives);
  template <class MisfitOf>
  void from_the_boundary(std::span<Real> gather, MisfitOf misfit_of, Derivatives& derivatives);
  void run_backwards(std::int64_t first, std::int64_t end);

  void inject(const Row& row, Real* next, std::int64_t step) const;
  void record(const Row& row, const Real* next, std::span<Real> gather) const;
  void inject_adjoint(const Row& row, Real* next, std::int64_t step, std::span<const Real> adjoint_source) const;
  /// Adds the image, times factor(velocity there), of every padded cell to the cell of the model that it repeats.
  template <class Factor>
  void fold_image(std::vector<double>& sum, Factor factor) const;
  [[nodiscard]] double wavelet_at(std::int64_t step) const;
  Real* laplacian(std::int64_t index);

  const Setup& setup_;
  const ShotLayout& layout_;
  const PaddedGrid& grid_;
  ShotWorkspace<Real>& workspace_;
  SweepContext<Real> context_;
  std::vector<SourceCell> source_cells_;
  std::int64_t steps_;
  std::int64_t receivers_;
};

}  // namespace strataform::wave
