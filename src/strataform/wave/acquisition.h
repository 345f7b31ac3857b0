#pragma once

#include <cstdint>
#include <vector>

namespace strataform::wave {

/// A cell of the model, counted from 0; row 0 is the surface.
struct GridPoint {
  std::int64_t row = 0;
  std::int64_t column = 0;
};

/// How the gathers of one model are shot. The defaults are OpenFWI's, but for the sources and receivers.
struct Acquisition {
  double spacing = 10.0;            ///< dx = dz, m
  double time_step = 1e-3;          ///< s
  std::int64_t samples = 1000;      ///< recorded time samples, one per time step
  double frequency = 15.0;          ///< peak frequency of the Ricker wavelet, Hz
  std::vector<double> wavelet;      ///< another source wavelet, one value for each time step; empty: Ricker's
  std::int64_t sponge_cells = 120;  ///< absorbing cells on each of the four sides, at least 2
  std::vector<GridPoint> sources;
  std::vector<GridPoint> receivers;
};

/// OpenFWI's survey over 70 columns: sources at columns 0, 17, 34, 52 and 69, a receiver in every column, all on
/// row 1. flip_shot adds a sixth source at column 35, the mirror image of column 34, so that a left-right flip of
/// the gathers is exact.
Acquisition openfwi_acquisition(bool flip_shot = false);

/// Sources spread evenly and a receiver in every column of a model of any width, on row 1.
Acquisition surface_acquisition(std::int64_t columns, std::int64_t source_count);

/// Throws UsageError where a value is out of range or a position lies outside the [nz, nx] model.
void validate(const Acquisition& acquisition, std::int64_t nz, std::int64_t nx);

}  // namespace strataform::wave
