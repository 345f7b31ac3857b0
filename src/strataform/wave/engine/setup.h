#pragma once

#include <cstdint>
#include <vector>

#include "strataform/survey/modelling.h"
#include "strataform/wave/engine/shot_layout.h"
#include "strataform/wave/kernels/stencil.h"

namespace strataform::wave {

/// What all shots of a propagator share.
struct Setup {
  survey::Modelling modelling;
  PaddedGrid grid;                         ///< of the whole model
  std::vector<ShotPositions> shots;        ///< in the cells of the whole model
  std::vector<std::int64_t> gather_start;  ///< of each shot in the gathers of a model, and the end of the last one
  std::vector<double> wavelet;             ///< one value for each time step
  std::int64_t steps_per_sample;
  WindowBounds window;
  const StencilKernel& kernel;

  [[nodiscard]] std::int64_t nz() const { return modelling.grid.nz; }
  [[nodiscard]] std::int64_t nx() const { return modelling.grid.nx; }
  [[nodiscard]] std::int64_t steps() const { return window.steps; }
  [[nodiscard]] std::int64_t gather_size() const { return gather_start.back(); }
  /// The sample that is recorded after a step; -1: none.
  [[nodiscard]] std::int64_t sample_after(std::int64_t step) const {
    return (step + 1) % steps_per_sample == 0 ? (step + 1) / steps_per_sample - 1 : -1;
  }
  /// Of a cell, m^2: by what the wavelet is multiplied.
  [[nodiscard]] double cell_area() const { return modelling.grid.spacing * modelling.grid.spacing; }
};

/// Throws UsageError for a modelling that does not fit. kernel has to outlive the setup.
Setup make_setup(const survey::Modelling& modelling, const StencilKernel& kernel, bool active_window);

}  // namespace strataform::wave
