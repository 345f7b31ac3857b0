#pragma once

#include "strataform/survey/modelling.h"

namespace strataform::wave {

/// A place in a model in units of cells, counted from the first one's centre.
struct Position {
  double row = 0.0;
  double column = 0.0;
};

/// Where a place lies in a grid. Nearer to a cell's centre than a millionth of a cell is on it: metres divided by a
/// spacing are hardly ever whole.
Position position_on(const survey::Grid& grid, const survey::Point& point);

}  // namespace strataform::wave
