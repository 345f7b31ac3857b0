#pragma once

#include <cstdint>
#include <vector>

namespace strataform::wave {

/// A place in the model in units of cells, counted from the first one's centre; row 0 is the surface. What does not lie
/// on a cell is interpolated, see footprint.h.
struct Position {
  double row = 0.0;
  double column = 0.0;
};

/// What takes up the waves that leave the model.
enum class Absorber {
  kSponge,  ///< OpenFWI's damping, see sponge.h: reproduces its data, needs many cells
  kPml,     ///< a perfectly matched layer, see pml.h: 20 cells are enough
};

/// How the gathers of one model are shot. The defaults are OpenFWI's, but for the sources and receivers.
struct Acquisition {
  double spacing = 10.0;        ///< dx = dz, m
  double time_step = 1e-3;      ///< s
  std::int64_t samples = 1000;  ///< recorded time samples, one per time step
  double frequency = 15.0;      ///< peak frequency of the Ricker wavelet, Hz
  std::vector<double> wavelet;  ///< another source wavelet, one value for each time step; empty: Ricker's
  Absorber absorber = Absorber::kSponge;
  std::int64_t absorbing_cells = 120;  ///< on each side, at least 2
  std::int64_t space_order = 4;        ///< of the finite differences: 2, 4 or 8
  /// Row 0 is a free surface, where the pressure is zero and nothing absorbs, instead of an absorbing side.
  bool free_surface = false;
  std::vector<Position> sources;
  std::vector<Position> receivers;
};

/// OpenFWI's survey over 70 columns: sources at columns 0, 17, 34, 52 and 69, a receiver in every column, all on
/// row 1. flip_shot adds a sixth source at column 35, the mirror image of column 34, so that a left-right flip of
/// the gathers is exact.
Acquisition openfwi_acquisition(bool flip_shot = false);

/// Sources spread evenly and a receiver in every column of a model of any width, on row 1.
Acquisition surface_acquisition(std::int64_t columns, std::int64_t source_count);

/// Throws UsageError where a value is out of range or a position lies outside the [nz, nx] model, or on a free surface.
void validate(const Acquisition& acquisition, std::int64_t nz, std::int64_t nx);

}  // namespace strataform::wave
