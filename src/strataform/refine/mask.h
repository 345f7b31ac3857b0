#pragma once

#include <vector>

#include "strataform/survey/modelling.h"

namespace strataform::refine {

/// For every cell of the grid, [nz, nx], how far it may move: 0 up to `cells` from a source or receiver, where
/// gradients are steep and say little, 1 from twice as far on, a squared sine in between; 1 everywhere for 0 cells.
std::vector<double> source_receiver_mask(const survey::Modelling& modelling, double cells);

}  // namespace strataform::refine
