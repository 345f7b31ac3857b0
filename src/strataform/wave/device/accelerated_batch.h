#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "strataform/wave/absorbers/damping_profile.h"
#include "strataform/wave/accelerator.h"
#include "strataform/wave/device/device_kernels.h"
#include "strataform/wave/engine/setup.h"

namespace strataform::wave {

/// Rows of weights as SparseRows has them, on the host.
template <class Real>
struct WeightRows {
  std::vector<std::int64_t> first{0}, index;
  std::vector<Real> weight;

  [[nodiscard]] std::int64_t rows() const { return std::ssize(first) - 1; }
};

/// What all batches of a survey share, in the memory of the accelerator. Cells are counted row by row, without halos.
template <class Real>
class AcceleratedSurvey {
 public:
  AcceleratedSurvey(const Setup& setup, Accelerator& accelerator);

  [[nodiscard]] const Setup& host() const { return setup_; }
  [[nodiscard]] Accelerator& accelerator() const { return accelerator_; }
  [[nodiscard]] std::int64_t cells() const { return setup_.grid.rows() * setup_.grid.columns(); }
  /// Of the shot that has the most: gathers on the accelerator have so many, whatever a shot has.
  [[nodiscard]] std::int64_t receivers() const { return receivers_per_shot_; }
  [[nodiscard]] std::int64_t gather_size() const { return setup_.modelling.survey.samples * receivers(); }
  [[nodiscard]] bool layered() const { return damping_of(setup_.modelling.scheme).layered; }
  [[nodiscard]] std::int64_t state_arrays() const { return damping_of(setup_.modelling.scheme).state_arrays(); }
  /// Bytes that a run needs for modelling, and for a gradient with segments of so many steps.
  [[nodiscard]] std::int64_t forward_bytes() const;
  [[nodiscard]] std::int64_t gradient_bytes(std::int64_t segment) const;

  /// [shots, cells]
  [[nodiscard]] SparseRows<Real> sources() const { return sources_.view(); }
  /// Cells of the source that has the most.
  [[nodiscard]] std::int64_t source_cells() const { return source_cells_; }
  /// [shots, receivers(), cells], or [receivers(), cells] where all shots have the same receivers.
  [[nodiscard]] SparseRows<Real> receiver_rows() const { return receivers_.view(); }
  /// receiver_rows() transposed for each shot, [shots, receiver_cells(), receivers]: a row for each cell that receivers
  /// read, which receiver_cell() are.
  [[nodiscard]] SparseRows<Real> receiver_columns() const { return receiver_columns_.view(); }
  /// Of the shot that has the most.
  [[nodiscard]] std::int64_t receiver_cells() const { return receiver_cells_; }
  [[nodiscard]] bool has_common_receivers() const { return common_receivers_; }
  [[nodiscard]] const std::int64_t* receiver_cell() const { return receiver_cell_.data(); }

 private:
  struct DeviceRows {
    DeviceRows(Accelerator& accelerator, const WeightRows<Real>& rows);
    [[nodiscard]] SparseRows<Real> view() const { return {first.data(), index.data(), weight.data()}; }
    DeviceArray<std::int64_t> first, index;
    DeviceArray<Real> weight;
  };
  struct HostRows;  ///< all of them, before they are copied
  AcceleratedSurvey(const Setup& setup, Accelerator& accelerator, const HostRows& rows);

  const Setup& setup_;
  Accelerator& accelerator_;
  bool common_receivers_;
  std::int64_t source_cells_, receivers_per_shot_, receiver_cells_;
  DeviceRows sources_, receivers_, receiver_columns_;
  DeviceArray<std::int64_t> receiver_cell_;
};

/// Some runs, side by side on an accelerator, each a shot in a model; see ShotRun for what it computes. The whole grid
/// is updated in every step.
template <class Real>
class AcceleratedBatch {
 public:
  /// `runs` shots of models, from first_run on: run = model * shots + shot. velocity: all models. Throws as
  /// Medium::set().
  AcceleratedBatch(const AcceleratedSurvey<Real>& survey, std::span<const Real> velocity, std::int64_t first_run,
                   std::int64_t runs);

  /// gathers: [runs, samples, receivers], of the survey's receivers().
  void forward(std::span<Real> gathers);

  struct Derivatives {
    std::vector<Real> image;    ///< [runs, cells]: sum over time of q (L p and the source's part of it)
    std::vector<Real> sources;  ///< [runs, samples of the wavelet]: q at the source
  };
  /// Turns gathers into the derivatives of their misfit.
  using GathersMisfit = std::function<void(std::span<Real> gathers)>;
  /// Keeps L p of `segment` steps at a time, and states between the segments.
  Derivatives gradient(std::int64_t segment, const GathersMisfit& misfit_of);

 private:
  struct Adjoint;  ///< what a gradient needs besides
  struct Way;      ///< its steps, as run_with_checkpoints() asks for them

  [[nodiscard]] std::int64_t values() const { return runs_ * survey_.cells(); }
  /// A step of a wave but for what drives it. Returns where p+ is.
  Real* update(const DeviceArray<Real>& wave, std::int64_t step, Real* laplacian);
  /// laplacians: where L p of the steps goes, one after the other; null: nowhere.
  void run_forward(std::int64_t first, std::int64_t end, bool records, Real* laplacians);
  /// The adjoint of steps end - 1 down to first.
  void run_adjoint(std::int64_t first, std::int64_t end, const Adjoint& adjoint);

  const AcceleratedSurvey<Real>& survey_;
  Accelerator& accelerator_;
  std::int64_t runs_;
  RunGrid grid_;
  DeviceArray<Real> media_;
  DeviceArray<Real> wave_;
  DeviceArray<Real> gathers_;  ///< later their misfit's derivatives
};

}  // namespace strataform::wave
