#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/wave/acquisition.h"
#include "strataform/wave/sponge.h"
#include "strataform/wave/stencil.h"

namespace strataform::wave {

struct PropagatorOptions {
  /// Updates only the cells that a wave from the source can have reached and that can still reach a receiver.
  /// What it leaves out is below 1e-5 of a gather (relative l2).
  bool active_window = true;
  /// nullptr: the fastest kernel of this processor.
  const StencilKernel* kernel = nullptr;
};

/// Constant-density acoustic modelling, p_tt = v^2 (laplace p + w delta), by the finite differences that made the
/// OpenFWI data: second order in time, fourth in space, a sponge on all four sides, no free surface.
/// Indices wrap around at the outer edge of the sponge, as in the original: in the corners a wave along the edge of
/// the model meets little damping, and what wraps around there is seen in the gathers.
class Propagator {
 public:
  /// A model of nz x nx cells. Throws UsageError for an acquisition that does not fit and for fewer than
  /// 16 rows, absorbing cells included.
  Propagator(std::int64_t nz, std::int64_t nx, Acquisition acquisition, PropagatorOptions options = {});

  /// velocity: [count, nz, nx] in m/s. gathers: [count, sources, samples, receivers], overwritten; the first
  /// sample is recorded after the first time step. Shots are spread over thread_count() threads.
  /// Throws InputError for a velocity that is not finite and positive, NumericalError for a time step beyond
  /// the stability limit.
  void forward(std::span<const float> velocity, std::int64_t count, std::span<float> gathers) const;

  [[nodiscard]] const Acquisition& acquisition() const { return acquisition_; }
  /// Floats of the gathers of one model: sources x samples x receivers.
  [[nodiscard]] std::int64_t gather_size() const;
  /// Cells that a time step updates without an active window, absorbing cells included.
  [[nodiscard]] std::int64_t padded_cells() const { return rows_ * columns_; }

 private:
  struct Workspace;
  struct Shot;
  /// Columns of the padded grid, last one past the end.
  struct Columns {
    std::int64_t first, last;
  };
  /// What one time step updates: rows within two distances, and columns.
  struct Window {
    std::int64_t source_distance, receiver_distance;
    Columns columns;
  };

  void prepare(std::span<const float> velocity, Workspace& workspace) const;
  void run_shot(const Shot& shot) const;
  void advance_row(const Shot& shot, std::int64_t step, std::int64_t row, const Window& window) const;
  void wrap_rows(Workspace& workspace) const;
  [[nodiscard]] bool is_active(const Shot& shot, const Window& window, std::int64_t row) const;
  [[nodiscard]] Columns columns_within(std::int64_t first, std::int64_t last, std::int64_t distance) const;
  [[nodiscard]] Window window_at(const Shot& shot, std::int64_t step) const;

  std::int64_t nz_;
  std::int64_t nx_;
  Acquisition acquisition_;
  PropagatorOptions options_;
  UpdateRow update_row_;
  std::int64_t rows_;     ///< of the padded grid
  std::int64_t columns_;  ///< of the padded grid
  std::int64_t stride_;   ///< floats from one padded row to the next
  std::vector<double> wavelet_;
  std::vector<float> inside_;                                ///< 1 over the model's columns, see StencilRow
  std::vector<std::vector<std::int64_t>> receivers_in_row_;  ///< indices of receivers, per padded row
  std::int64_t receiver_first_row_ = 0;  ///< the box of the receivers on the padded grid, last one past the end
  std::int64_t receiver_last_row_ = 0;
  std::int64_t receiver_first_column_ = 0;
  std::int64_t receiver_last_column_ = 0;
};

}  // namespace strataform::wave
