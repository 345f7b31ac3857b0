#pragma once

#include <cstdint>

#include "strataform/survey/modelling.h"

namespace strataform::wave {

/// Of a model, m/s.
struct VelocityRange {
  double slowest, fastest;
};

/// The absorbing cells around a model.
struct AbsorbingFrame {
  std::int64_t cells = 0;        ///< on each side
  double spacing = 0.0;          ///< m
  VelocityRange range{};         ///< of the whole model
  double sponge_velocity = 0.0;  ///< see survey::Scheme
};

/// What takes up the waves that leave a model. Each has a file here and a line in survey/absorbers.def.
struct DampingProfile {
  /// The damping acts on each direction's derivatives alone, for which a wave keeps four more arrays; else it acts on
  /// the pressure.
  bool layered = false;
  /// In 1/s, at a distance of so many cells from the centre of the model's outermost cell: zero or more, and zero where
  /// the distance is.
  double (*damping)(const AbsorbingFrame& frame, double distance) = nullptr;
  /// In s, where (v dt / dx)^2 up to `courant` is stable without damping.
  double (*largest_time_step)(const AbsorbingFrame& frame, double courant) = nullptr;

  /// Of a wave: two time steps of the pressure, and of a layer's two memories.
  [[nodiscard]] std::int64_t state_arrays() const { return layered ? 6 : 2; }
};

[[nodiscard]] const DampingProfile& damping_of(const survey::Scheme& scheme);
[[nodiscard]] inline AbsorbingFrame frame_of(const survey::Modelling& modelling, const VelocityRange& range) {
  return {modelling.scheme.absorbing_cells, modelling.grid.spacing, range, modelling.scheme.sponge_velocity};
}

// Declares every function that absorbers.def names, for the registry and for the files that define them.
#define STRATAFORM_ABSORBER(kind, name, help, factory) DampingProfile factory();
#include "strataform/survey/absorbers.def"
#undef STRATAFORM_ABSORBER

}  // namespace strataform::wave
