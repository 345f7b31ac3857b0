#pragma once

#include <cstdint>
#include <vector>

#include "strataform/wave/engine/windowed_sinc.h"
#include "strataform/wave/position.h"

namespace strataform::wave {

/// A cell's part of a source or receiver.
struct WeightedCell {
  std::int64_t row, column;
  double weight;
};

/// The cells that stand for a position: itself where it lies on one, else the eight nearest in each direction in which
/// it does not, weighted with a sinc in a Kaiser window of radius 4 and b = 6.31 (Hicks, Geophysics 67, 2002), which is
/// right for all waves of more than four cells. Cells may lie outside the model, by three at most.
std::vector<WeightedCell> footprint(const Position& position);

/// By how many cells a footprint can reach beyond its position.
inline constexpr std::int64_t kFootprintReach = kSincRadius;

}  // namespace strataform::wave
